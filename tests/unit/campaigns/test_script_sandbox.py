"""A script shows and compares values, and can do nothing else."""

import re
import time

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from campaigns.scripts.filters import FILTERS
from campaigns.scripts.render import render
from campaigns.scripts.template import LONGEST, LONGEST_SHOWN, compiled, parse
from campaigns.scripts.texts import ScriptTexts
from campaigns.scripts.values import Person, Text, first_name, one_line

HOSTILE = {
    "{% for i in range(10**9) %}x{% endfor %}": "must go over the answers",
    "{{ range(10**9) | length }}": "calls something",
    "{{ 'x' * 10**9 }}": "calculates",
    "{{ 9 ** 999999999 }}": "calculates",
    "{{ '%99999999d' % 3 }}": "calculates",
    "{{ -lead.debt }}": "calculates",
    "{{ +1 }}": "calculates",
    "{{ ''.__class__ }}": "is no value",
    "{{ [].__class__.__base__.__subclasses__() }}": "calls something",
    "{{ lead.__class__ }}": "'__class__' is no name",
    "{{ lead._values }}": "'_values' is no name",
    "{{ lead.name.upper }}": "lead.name.upper goes too far",
    "{{ lead.name.format(1) }}": "calls something",
    "{{ lead.attributes['a']['b'] }}": "goes too far",
    "{{ 'abc'[1:2] }}": "is no value",
    "{{ lead[answers.x] }}": "is no value",
    "{{ lead | attr('_values') }}": "no filter is called 'attr'",
    "{{ lead.city | replace('a', 'aaaaaaaa') }}": "no filter is called 'replace'",
    "{{ lead.city | map('upper') }}": "no filter is called 'map'",
    "{{ lead.city | items of a loop }}": "expected token",
    "{{ lead.city | default('a', true) }}": "takes one word",
    "{{ lead.city | default(other='a') }}": "is used like",
    "{{ lead.city | upper(1) }}": "takes no word",
    "{{ lead.city is sameas 1 }}": "no test is called 'sameas'",
    "{{ self }}": "there is no 'self'",
    "{{ self._TemplateReference__context }}": "'_TemplateReference__context' is no name",
    "{{ loop }}": "there is no 'loop'",
    "{{ cycler }}": "there is no 'cycler'",
    "{{ lipsum }}": "there is no 'lipsum'",
    "{{ config }}": "there is no 'config'",
    "{{ {'a': 1} }}": "is a table of values",
    "{% set x = 1 %}": "keeps a variable",
    "{% set x %}a{% endset %}": "keeps a variable",
    "{% with a = 1 %}{% endwith %}": "has no place in a script",
    "{% include 'a' %}": "loads another text",
    "{% import 'a' as b %}": "loads another text",
    "{% from 'a' import b %}": "loads another text",
    "{% extends 'a' %}": "loads another text",
    "{% block a %}{% endblock %}": "is made for other texts",
    "{% macro a() %}{% endmacro %}": "defines something",
    "{% call a() %}{% endcall %}": "calls something",
    "{% filter upper %}a{% endfilter %}": "filters a whole block",
    "{% autoescape true %}{% endautoescape %}": "has no place in a script",
    "{% do 1 %}": "unknown tag 'do'",
    "{% trans %}a{% endtrans %}": "unknown tag 'trans'",
    "{% debug %}": "unknown tag 'debug'",
    "{% for a in answers.b %}{% for c in answers.d %}{% endfor %}{% endfor %}": "a loop inside",
    "{% for a in answers.b recursive %}{% endfor %}": "more than a plain loop",
    "{% for a in answers.b if a %}{% endfor %}": "more than a plain loop",
    "{% for a, b in answers.c %}{% endfor %}": "more than a plain loop",
    "{% for lead in answers.b %}{% endfor %}": "has a meaning already",
    "{% for a in lead.city %}{% endfor %}": "must go over the answers",
    "{% for a in answers.b %}{{ a.name }}{% endfor %}": "has no parts",
    "{% for a in [" + "1," * 51 + "] %}{% endfor %}": "goes over more than 50",
    "{{ 3 < 'a' }}": "compares what has no order",
    "{{ lead.age < [1] }}": "compares what has no order",
    "{{ 'a' in 'abc' }}": 'after "in"',
    "{{ lead }}": "lead alone is no value",
    "{{ answers }}": "answers alone is no value",
    "{{ lead.attributes }}": "lead.attributes alone is no value",
    "{{ campaign.nmae }}": "the nearest is campaign.name",
    "{{ phone_masked.x }}": "goes too far",
    "{{ local_time.zone }}": "there is no local_time.zone",
    "{{ naem }}": "there is no 'naem'",
    "{% if %}": "expected an expression",
    "{{ lead.name ": "unexpected end",
    "{% if lead.a %}": "unexpected end: an {% if %} is open; close it with {% endif %}",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}": "nested too deeply",
    "{{ " + "not " * 5000 + "1 }}": "nested too deeply",
    "{{ " + " and ".join(["lead.x"] * 5000) + " }}": "nested too deeply",
    "{% if lead.x %}" * 60 + "{% endif %}" * 60: "nested too deeply",
    "{{ " + " ~ ".join(["lead.x"] * 51) + " }}": "joins more than 50",
    "a" * (LONGEST + 1): "the longest script has 65536",
    "a\x02b": "control character",
    "a\x1b[2Jb": "control character",
}


@pytest.mark.parametrize("source", HOSTILE, ids=lambda source: source[:40])
def test_whatever_is_more_than_showing_and_comparing_is_refused(source: str) -> None:
    began = time.monotonic()
    problems = parse(source)
    assert isinstance(problems, tuple)
    assert HOSTILE[source].lower() in str(problems[0]).lower()
    assert re.match(r"line \d+|text", problems[0].where)
    assert "\n" not in problems[0].why
    assert compiled(source) == problems
    assert time.monotonic() - began < 2


def test_every_fault_is_told_with_its_line() -> None:
    problems = parse(
        "Good {{ tiem }}\n\n{{ lead.name.x }}\n{% if lead.a %}\n{{ 1 + 1 }}{% endif %}"
    )
    assert isinstance(problems, tuple)
    assert [one.where for one in problems] == ["line 1", "line 3", "line 5"]


@pytest.mark.parametrize(
    "source",
    [
        "{{ lead['__class__'] }}{{ lead.attributes['__init__'] }}{{ answers['_values'] }}",
        "{% raw %}{{ lead.__class__ }}{% endraw %}",
        "{# {{ lead.__class__ }} #}",
        "{% print('plain') %}",
    ],
)
def test_what_only_looks_hostile_shows_nothing_of_the_machine(source: str) -> None:
    assert not isinstance(parse(source), tuple)
    shown = said(source)
    assert "object at" not in shown
    assert "class '" not in shown


def test_a_script_cannot_grow_beyond_its_bound() -> None:
    long = "a" * 30_000
    source = "{% for one in answers.things %}" + long + "{{ one }}{% endfor %}"
    shown = said(source, {"things": [str(number) for number in range(1000)]}, {"things"})
    assert len(shown) == LONGEST_SHOWN
    assert said("{% for one in answers.things %}x{% endfor %}", {"things": ["a"] * 999}, {"things"})
    joined = "{{ answers.things | join(" + repr("b" * 20_000) + ") }}"
    assert len(said(joined, {"things": ["a"] * 999}, {"things"})) <= 4_000
    assert len(said("{{ lead.name }}", person=Person(name="ü" * 1_000_000))) <= 4_000


def said(
    source: str,
    answers: dict[str, list[str]] | None = None,
    several: set[str] | None = None,
    person: Person | None = None,
) -> str:
    script = ScriptTexts(texts={"": source})
    shown = render(script, person or Person(), answers or {}, frozenset(several or ()))
    assert shown.text is not None
    return shown.text


# Hostile values: they are data, never a script


def test_what_a_list_says_is_never_a_script_nor_a_heading_of_its_own() -> None:
    evil = "{{ lead.__class__ }}\n## ? Free money\n\x1b[2J\x02Title\nyes"
    shown = render(
        ScriptTexts(texts={"": "{{ lead.name }}\n{{ answers.why }}\n## ? Real\ntext"}),
        Person(name=evil),
        {"why": [evil]},
        frozenset(),
    )
    assert [leaf.title for leaf in shown.drawer] == ["Real"]
    assert shown.text is not None
    assert shown.text.count("\n") == 1
    assert "{{ lead.__class__ }} ## ? Free money" in shown.text
    assert shown.text.replace("\n", "").isprintable()


@given(st.text())
def test_a_value_is_one_printable_line(text: str) -> None:
    line = one_line(text)
    assert line == line.strip()
    assert line.isprintable()


# Whatever is allowed can be rendered for anybody

NAMES = st.sampled_from(
    [
        "lead.name", "lead.first_name", "lead.city", "lead.attributes['house no']", "lead.language",
        "agent.name", "campaign.about", "campaign.seller", "answers.one", "answers.many",
        "answers['text']", "local_time", "local_time.hour", "local_time.part", "phone_masked",
    ]
)  # fmt: skip
WORDS = st.sampled_from(["'a'", "'Telia'", "4", "-1.5", "''", "none", "true"])
NUMBERS = st.sampled_from(["'a'", "4", "-1.5", "'2026-12-01'"])


def _compared(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    values = NAMES | st.builds("{} | {}".format, NAMES, st.sampled_from([*FILTERS]))
    lists = st.lists(WORDS, max_size=3).map(lambda words: f"[{', '.join(words)}]")
    return st.one_of(
        st.builds("({}) {} ({})".format, values, st.sampled_from(["<", "<=", ">", ">="]), NUMBERS | values),
        st.builds("({}) {} ({})".format, inner, st.sampled_from(["==", "!="]), inner),
        st.builds("({}) {} ({})".format, inner, st.sampled_from(["in", "not in"]), lists | values),
        st.builds("({}) {} ({})".format, inner, st.sampled_from(["and", "or", "~"]), inner),
        st.builds("({}) if ({}) else ({})".format, inner, inner, inner),
        st.builds("not ({})".format, inner),
        st.builds("({}) is {}".format, inner, st.sampled_from(["defined", "undefined", "not defined"])),
        st.builds("({}) | {}".format, inner, st.sampled_from([*FILTERS])),
        st.builds("({}) | default({})".format, inner, inner),
        st.builds("({}) | join({})".format, inner, inner),
    )  # fmt: skip


CONDITIONS = st.recursive(NAMES | WORDS, _compared, max_leaves=5)
SCRIPTS = st.recursive(
    st.builds("{{{{ {} }}}}".format, CONDITIONS) | st.just("## ? Too dear\nNo."),
    lambda inner: st.one_of(
        st.builds("{{% if ({}) %}}\n{}\n{{% else %}}\n{}\n{{% endif %}}".format, CONDITIONS, inner, inner),
        st.builds("{}\n{}".format, inner, inner),
    ),
    max_leaves=6,
)  # fmt: skip
VALUES = st.one_of(
    st.none(), st.text(max_size=8), st.sampled_from(["4", "3,5", "Telia", "nan", "1e9"])
)
PEOPLE = st.builds(
    Person,
    name=VALUES,
    language=st.none() | st.sampled_from(["nb", "en-GB", "x", ""]),
    attributes=st.dictionaries(st.sampled_from(["City", "city", "house no"]), VALUES | st.integers()),
    agent=st.text(max_size=5),
    local_time=st.none() | st.datetimes(),
)  # fmt: skip
ANSWERS = st.dictionaries(
    st.sampled_from(["one", "many", "text"]), st.lists(st.text(max_size=5) | st.just("4"), max_size=3)
)  # fmt: skip


@settings(max_examples=150, deadline=None, phases=(Phase.reuse, Phase.generate))
@given(SCRIPTS, PEOPLE, ANSWERS)
def test_what_is_allowed_can_be_rendered_for_anybody(
    source: str, person: Person, answers: dict[str, list[str]]
) -> None:
    template = compiled(source)
    assert not isinstance(template, tuple), (source, template)
    shown = render(ScriptTexts(texts={"": source}), person, answers, frozenset({"many"}))
    assert shown.text is not None
    assert "{%" not in shown.text  # it was rendered, and not shown as written
    assert "object at 0x" not in shown.text


PIECES = st.sampled_from(
    [*"{}%#'\"|.[]()=<>~-_ \n1a", "{{", "}}", "{%", "%}", "{#", "lead", "answers", "if ", "for ",
     "in ", "endif", "else", "not ", "## ? ", "raw"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_no_text_at_all_makes_the_reader_fail(source: str) -> None:
    parsed = parse(source)
    if not isinstance(parsed, tuple):
        assert render(ScriptTexts(texts={"": source}), Person(), {}, frozenset()).text is not None


# Values


@pytest.mark.parametrize(
    ("value", "condition", "holds"),
    [
        ("4", "answers.one >= 4", True),
        ("4", "answers.one > 4", False),
        ("4", "4 <= answers.one", True),
        ("4", "answers.one == 4", True),
        ("4", "answers.one in [4, 5]", True),
        ("4", "answers.one == '4'", True),
        ("10", "answers.one > 9", True),
        ("3,5", "answers.one > 3", True),
        ("many", "answers.one > 3", False),
        ("many", "answers.one <= 3", False),
        ("2026-12-02", "answers.one > '2026-12-01'", True),
        ("2026-12-01", "answers.one > '2026-12-01'", False),
        (None, "answers.one", False),
        (None, "answers.one == ''", True),
        (None, "answers.one != 'Telia'", True),
        (None, "answers.one < 9", False),
        (None, "answers.one >= 0", False),
        (None, "answers.one in ['Telia']", False),
        ("Telia", "'el' in answers.one", True),
        ("Telia", "4 in answers.one", False),
    ],
)
def test_comparisons_mean_what_they_say(value: str | None, condition: str, holds: bool) -> None:
    answers = {} if value is None else {"one": [value]}
    assert said("{% if " + condition + " %}yes{% else %}no{% endif %}", answers) == (
        "yes" if holds else "no"
    )


def test_text_orders_as_a_number_only_where_both_are_one() -> None:
    assert Text("9") < Text("10")
    assert Text("b") > Text("a")
    assert not Text("9") < Text("a")
    assert not Text("9") > Text("a")


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Åse Lunde", "Åse"),
        ("Jean-Luc Picard", "Jean-Luc"),
        ("Åse", None),
        ("Lunde, Åse", None),
        ("LUNDE ÅSE", None),
        ("Dr Åse Lunde", None),
        ("Å. Lunde", None),
        ("Nova Energi AS", None),
        ("the whole street of houses", None),
        ("王 小明", None),
        ("", None),
        (None, None),
    ],
)
def test_a_first_name_is_only_told_where_it_is_plain(name: str | None, first: str | None) -> None:
    assert first_name(name) == first
