"""A script's mistakes are told before anybody reads it out, with file, line and the way out."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.model import Question, QuestionType
from campaigns.scripts.check import check
from campaigns.scripts.reach import unreachable
from campaigns.scripts.render import render
from campaigns.scripts.template import parse
from campaigns.scripts.texts import ScriptTexts
from campaigns.scripts.values import Person
from tests.unit.campaigns.examples import campaign

QUESTIONS = (
    Question(
        key="provider", text="Who?", type=QuestionType.CHOICE, choices=("Telia", "Telenor", "other")
    ),
    Question(key="support", text="How much?", type=QuestionType.SCALE, low=1, high=5),
    Question(
        key="services", text="Which?", type=QuestionType.MULTI, choices=("mobile", "tv", "net")
    ),
    Question(key="age", text="How old?", type=QuestionType.NUMBER),
)
KEYED = {question.key: question for question in QUESTIONS}
FILES = {"": "a.md", "nb": "a.nb.md"}


def told(text: str, *, columns: set[str] | None = None, **languages: str) -> list[str]:
    found = check(
        ScriptTexts(texts={"": text, **languages}),
        campaign(questions=QUESTIONS),
        files=FILES,
        attributes={"By", "Post nr"} if columns is None else columns,
    )
    return [f"{'error' if one.error else 'warning'}: {one}" for one in found]


def test_a_sound_script_gives_no_findings() -> None:
    assert not told(
        "Hi {{ lead.first_name | default('there') }} of {{ lead.By }} {{ lead.by }}\n"
        "{{ lead.attributes['Post nr'] }} {{ lead.external_id }}\n"
        "{% if answers.provider == 'Telia' and answers.support >= 4 %}a{% else %}b{% endif %}\n"
        "{% if 'tv' in answers.services %}{{ answers.services | join(' and ') }}{% endif %}\n"
        "{% for one in answers.services %}{{ one }}{% endfor %}\n"
        "{% if answers.age > 60 %}old{% elif answers.age %}young{% endif %}\n"
        "## ? Too dear\nNo.\n"
    )


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("\n{{ ansers.a }}", "error: a.md, line 2: there is no 'ansers'; the nearest is 'answers'"),
        (
            "{{ answers.provder }}",
            "error: a.md, line 1: there is no question 'provder'; the nearest is 'provider'",
        ),
        (
            "{% if answers.provider == 'Tella' %}a{% endif %}",
            "error: a.md, line 1: 'Tella' is no answer to 'provider'; the nearest is 'Telia'",
        ),
        (
            "{% if 'Tella' != answers.provider %}a{% endif %}",
            "error: a.md, line 1: 'Tella' is no answer to 'provider'; the nearest is 'Telia'",
        ),
        (
            "{% if answers.provider in ['Telia', 'Ice'] %}a{% endif %}",
            "error: a.md, line 1: 'Ice' is no answer to 'provider'",
        ),
        (
            "{% if 'radio' in answers.services %}a{% endif %}",
            "error: a.md, line 1: 'radio' is no answer to 'services'",
        ),
        (
            "{% if answers.services == 'tv' %}a{% endif %}",
            "error: a.md, line 1: 'services' takes several answers; write: 'tv' in",
        ),
        (
            "{% if answers.support == 6 %}a{% endif %}",
            "error: a.md, line 1: 6 is no answer to 'support', which goes from 1 to 5",
        ),
        (
            "{{ lead.City }}",
            "error: a.md, line 1: no list of the campaign has a column 'City'",
        ),
        (
            "{{ lead.attributes['Post'] }}",
            "error: a.md, line 1: no list of the campaign has a column 'Post'; the nearest is "
            "'Post nr'",
        ),
        (
            "{% if answers.support > 3 %}{% if answers.support < 4 %}\na{% endif %}{% endif %}",
            "warning: a.md, line 1: nothing that can be answered leads to this if",
        ),
        (
            "{% if answers.provider %}a\n{% elif answers.provider == 'Telia' %}b{% endif %}",
            "warning: a.md, line 2: nothing that can be answered leads to this elif",
        ),
        (
            "{% if answers.provider or not answers.provider %}a{% else %}\nb{% endif %}",
            "warning: a.md, line 1: nothing that can be answered leads to this else",
        ),
        ("## ? Too dear\n\n## ? Late\nYes.", "warning: a.md, line 1: a heading of the drawer with"),
        ("x\n## ?\nYes.", "warning: a.md, line 2: a heading of the drawer without words"),
        ("{{ 1 + 1 }}", "error: a.md, line 1: calculates"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, finding: str) -> None:
    found = told(text)
    assert len(found) == 1, found
    assert found[0].startswith(finding)


def test_lists_of_which_nothing_is_known_are_not_held_against_the_script() -> None:
    script = ScriptTexts(texts={"": "{{ lead.City }}"})
    assert check(script, campaign(), files=FILES, attributes=None) == ()
    assert "no column" not in str(told("{{ lead.City }}", columns={"City"}))


def test_a_variant_that_lacks_a_branch_is_told() -> None:
    branching = "{% if answers.provider %}a{% endif %}"
    assert told(branching, nb="Hei") == [
        "warning: a.nb.md: does not branch by the question 'provider', as a.md does"
    ]
    assert told(branching, nb=branching) == []
    assert told("Hi", nb=branching) == []


def test_every_language_is_checked() -> None:
    assert told("Hi", nb="{{ nmae }}")[0].startswith("error: a.nb.md, line 1: there is no 'nmae'")


def test_an_opening_in_two_languages_is_told() -> None:
    script = ScriptTexts(texts={"": "Hi", "nb": "Hei"}, about={"": "your contract"})
    (finding,) = check(script, campaign(), files=FILES, attributes=None)
    assert (finding.where, finding.error) == ("script.about_in.nb", False)
    whole = ScriptTexts(texts=script.texts, about={**script.about, "nb": "avtalen din"})
    assert check(whole, campaign(), files=FILES, attributes=None) == ()
    endless = ScriptTexts(about={"": "a" * 301})
    assert check(endless, campaign(), files=FILES, attributes=None)[0].error


def dead(text: str) -> list[int]:
    tree = parse(text)
    assert not isinstance(tree, tuple), tree
    return [branch.line for branch in unreachable(tree, KEYED)]


@pytest.mark.parametrize(
    ("condition", "never"),
    [
        ("answers.provider == 'Telia' and answers.provider == 'Telenor'", True),
        ("answers.provider == 'Telia' and answers.support == 5", False),
        ("answers.provider == 'Telia' and lead.city == 'Oslo'", False),
        ("false and lead.city", True),
        ("lead.city and not lead.city", False),  # a person's facts are not looked through
        ("answers.support > 5", True),
        ("answers.support > 4", False),
        ("answers.support is undefined", False),
        ("answers.support is defined and not answers.support", True),
        ("answers.services == [] and 'tv' in answers.services", True),
        ("answers.services | length > 2", False),
        ("answers.services | length > 3", True),
        ("answers.age < 0 and answers.age > 0", False),
        ("not (answers.provider in ['Telia', 'Telenor', 'other', ''])", True),
        ("(answers.provider | default('Telia')) == ''", True),
        ("1 == 1 if answers.support else 1 == 2", False),
        ("3 < answers.support < 4", True),
        ("3 <= answers.support < 4", False),
    ],
)
def test_a_branch_is_unreachable_only_where_that_is_certain(condition: str, never: bool) -> None:
    assert bool(dead("{% if (" + condition + ") %}a{% endif %}")) is never


def test_what_is_in_an_unreachable_branch_is_not_told_again() -> None:
    inner = "{% if answers.support == 1 %}b{% endif %}"
    assert dead("{% if answers.support > 5 %}\n" + inner + "{% endif %}") == [1]


def test_with_too_many_combinations_nothing_is_said() -> None:
    many = {
        f"q{n}": Question(key=f"q{n}", text="?", type=QuestionType.CHOICE, choices=("a", "b", "c"))
        for n in range(8)
    }
    condition = " and ".join(f"answers.q{n} == 'a'" for n in range(8))
    tree = parse("{% if " + condition + " and answers.q0 == 'b' %}a{% endif %}")
    assert not isinstance(tree, tuple)
    assert [*unreachable(tree, many)] == []


ATOMS = st.sampled_from(
    [
        "answers.provider", "answers.provider == 'Telia'", "answers.provider != 'other'",
        "answers.provider in ['Telia', 'Telenor']", "answers.support >= 3", "answers.support < 2",
        "answers.support", "'tv' in answers.services", "answers.services", "lead.By == 'Oslo'",
        "(answers.services | length) > 1",
    ]
)  # fmt: skip
FORMULAS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=5,
)
COMBINATIONS = [
    {"provider": provider, "support": support, "services": services}
    for provider, support, services in product(
        ([], ["Telia"], ["Telenor"], ["other"]),
        ([], *([str(number)] for number in range(1, 6))),
        ([], ["mobile"], ["tv"], ["mobile", "tv"], ["mobile", "tv", "net"]),
    )
]


@settings(max_examples=60, deadline=None)
@given(st.lists(FORMULAS, min_size=1, max_size=3))
def test_no_answers_ever_lead_to_a_branch_that_is_called_unreachable(formulas: list[str]) -> None:
    text = "".join(
        "{% " + ("elif" if at else "if") + f" ({formula}) %}}\n{at}\n"
        for at, formula in enumerate(formulas)
    )
    text += "{% else %}\nelse\n{% endif %}"
    script = ScriptTexts(texts={"": text})
    never = {(line - 1) // 2 for line in dead(text)}
    for answers in COMBINATIONS:
        for city in ("Oslo", "Bergen"):
            shown = render(
                script, Person(attributes={"By": city}), answers, frozenset({"services"})
            )
            assert shown.text is not None
            came_to = len(formulas) if shown.text.strip() == "else" else int(shown.text)
            assert came_to not in never, (answers, text)
