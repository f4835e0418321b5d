"""Questions: read from campaign files, asked or skipped, answered in one spelling."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.conditions import holds, read_condition
from campaigns.definition import read_definition
from campaigns.model import Campaign, Question, QuestionType
from campaigns.questions import (
    asked,
    read_answer,
    read_answers,
    unanswered,
    usable_answers,
)
from leads.errors import UsageError
from leads.problems import Problem

HEAD = """name = "tariff-switch"
lists = ["own-base"]
mode = "manual"
trunk = "main"
caller_id = "+4721000000"
seller = "Example Telecom AS"
purpose = "survey"
"""


def question(key: str, kind: str, **more: Any) -> Question:
    return Question(key=key, text=f"{key}?", type=QuestionType(kind), **more)


PROVIDER = question("provider", "choice", choices=("Telia", "other"))
SUPPORT = question("support", "scale")
TOPICS = question("topics", "multi", choices=("price", "speed", "service"))
AGE = question("age", "number")
MOVED = question("moved", "date")
WORDS = question("words", "text")
ALL = {one.key: one for one in (PROVIDER, SUPPORT, TOPICS, AGE, MOVED, WORDS)}


# -- files -----------------------------------------------------------------------------------


def written(*questions: str) -> str:
    return HEAD + "".join(f"[[questions]]\n{one}\n" for one in questions)


def questions_of(*questions: str) -> tuple[Question, ...]:
    read = read_definition(written(*questions))
    assert isinstance(read, Campaign), read
    return read.questions


def the_fault(*questions: str) -> str:
    read = read_definition(written(*questions))
    assert isinstance(read, tuple), "it should have been refused"
    (problem,) = read
    return str(problem)


SCALE = 'key = "support"\ntext = "How much?"\ntype = "scale"'
CHOICE = 'key = "provider"\ntext = "Who?"\ntype = "choice"\nchoices = ["Telia", "other"]'


def test_every_key_of_a_question_arrives():
    first, second = questions_of(
        SCALE + "\nlow = 0\nhigh = 10\nrequired = true",
        CHOICE + "\nasked_if = 'support >= 7'",
    )
    assert (first.low, first.high, first.required, first.asked_if) == (0, 10, True, "")
    assert (second.required, second.asked_if) == (False, "support >= 7")
    (plain,) = questions_of(SCALE)
    assert (plain.low, plain.high) == (1, 5)


@pytest.mark.parametrize(
    ("questions", "told"),
    [
        ((SCALE + "\nhigh = 1",), "questions[1].high: must be greater than low, which is 1, not 1"),
        ((CHOICE + "\nlow = 1",), "questions[1].low: a question of the type choice has no scale"),
        ((SCALE + "\nchoices = ['a']",), "questions[1].choices: a question of the type scale"),
        ((SCALE + "\nrequired = 1",), "questions[1].required: must be true or false"),
        ((SCALE + "\nasked_if = 'support > 3'",), "support is not asked before this question"),
        ((SCALE + "\nasked_if = 'provider = \"x\"'", CHOICE), "provider is not asked before"),
        ((SCALE, CHOICE + "\nasked_if = 'suport > 3'"), "the nearest is 'support'"),
        ((SCALE + "\nasked_if = 'age > 3'",), "none comes before it"),
        ((SCALE, CHOICE + "\nasked_if = 'support > 5.5'"), "support goes from 1 to 5, and never"),
        ((SCALE, CHOICE + "\nasked_if = 'support ='"), "questions[2].asked_if, column 10: a value"),
        ((SCALE, CHOICE + "\nasked_if = 'in list \"a\"'"), "asks of the person, not of an answer"),
        ((CHOICE, SCALE + "\nasked_if = 'provider = \"Tele2\"'"), "'Tele2' is no answer to prov"),
    ],
)
def test_a_fault_of_a_question_says_where_and_why(questions: tuple[str, ...], told: str):
    assert told in the_fault(*questions)


# -- conditions ------------------------------------------------------------------------------

GIVEN = {
    "provider": ["Telia"],
    "support": ["4"],
    "topics": ["price", "speed"],
    "age": ["41.5"],
    "moved": ["2026-12-01"],
    "words": ["Too dear"],
}


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ('provider == "Telia" and support >= 3', True),
        ('provider = "Telia" and support > 4', False),
        ('provider != "Telia" or support = 4', True),
        ('not (provider = "Telia")', False),
        ('topics = "speed"', True),
        ('topics != "speed"', False),
        ('topics in ("service", "price")', True),
        ("support in (1, 2)", False),
        ("age <= 41.5", True),
        ("age < 41.5", False),
        ("moved > 2026-11-30", True),
        ("moved = 2026-12-01", True),
        ("moved < 2026-12-01", False),
        ('words contains "DEAR"', True),
        ('words starts with "dear"', False),
        ("words is known", True),
        ("words is unknown", False),
    ],
)
def test_a_condition_is_judged_by_the_answers(text: str, met: bool):
    node = read_condition(text, ALL)
    assert not isinstance(node, Problem), node
    assert holds(node, ALL, GIVEN) is met


@pytest.mark.parametrize(
    "text",
    ['provider > "Telia"', 'support = "4"', "provider = 4", "moved = 3", 'words > "a"',
     'age contains "4"', 'provider contains "Tel"', "has consent \"sms\"", "suppressed",
     "moved > 3 days ago"],
)  # fmt: skip
def test_what_cannot_be_meant_is_a_fault(text: str):
    assert isinstance(read_condition(text, ALL), Problem)


def test_what_was_not_answered_is_unequal_to_everything():
    for text, met in (
        ('provider = "Telia"', False),
        ('provider != "Telia"', True),
        ("age < 9 or age >= 9", False),
        ("not (age < 9)", True),
        ("provider is unknown", True),
    ):
        node = read_condition(text, ALL)
        assert not isinstance(node, Problem)
        assert holds(node, ALL, {}) is met, text


# -- asking ----------------------------------------------------------------------------------

CHAIN = (
    PROVIDER,
    question("support", "scale", asked_if='provider = "other"', required=True),
    question("why", "text", asked_if="support <= 2", required=True),
)


@pytest.mark.parametrize(
    ("answers", "keys", "missing"),
    [
        ({}, ["provider"], ()),
        ({"provider": ["Telia"]}, ["provider"], ()),
        ({"provider": ["other"]}, ["provider", "support"], ("support",)),
        ({"provider": ["other"], "support": ["3"]}, ["provider", "support"], ()),
        ({"provider": ["other"], "support": ["2"]}, ["provider", "support", "why"], ("why",)),
        # what was answered to a question that is not asked any more counts for nothing
        ({"provider": ["Telia"], "support": ["2"]}, ["provider"], ()),
    ],
)
def test_a_question_is_asked_where_its_condition_is_met(
    answers: dict[str, list[str]], keys: list[str], missing: tuple[str, ...]
):
    assert [one.key for one in asked(CHAIN, answers)] == keys
    assert unanswered(CHAIN, answers) == missing


def test_an_answer_to_what_is_not_asked_is_refused_with_why():
    with pytest.raises(UsageError, match='support is only asked if provider = "other"; leave it'):
        read_answers(CHAIN, ["provider=Telia", "support=2"])
    assert read_answers(CHAIN, ["support=2", "provider=other"]) == {
        "support": ["2"],
        "provider": ["other"],
    }


# -- answers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asks", "typed", "kept"),
    [
        (PROVIDER, " Telia ", "Telia"),
        (PROVIDER, "telia", None),
        (SUPPORT, "1", "1"),
        (SUPPORT, "05", "5"),
        (SUPPORT, "0", None),
        (SUPPORT, "6", None),
        (SUPPORT, "3.5", None),
        (AGE, "41,50", "41.5"),
        (AGE, "-0", "0"),
        (AGE, "007", "7"),
        (AGE, "100", "100"),
        (AGE, "1e3", None),
        (AGE, "nan", None),
        (AGE, "", None),
        (MOVED, "1.12.2026", "2026-12-01"),
        (MOVED, "1962-02-28", "1962-02-28"),
        (MOVED, "2026-02-30", None),
        (MOVED, "30.2.2026", None),
        (MOVED, "2026-12-01 or so", None),
        (MOVED, "soon", None),
        (WORDS, " too dear ", "too dear"),
        (WORDS, "  ", None),
        (WORDS, "4111 1111 1111 1111", None),
    ],
)
def test_an_answer_has_one_spelling(asks: Question, typed: str, kept: str | None):
    read = read_answer(asks, typed)
    assert (None if isinstance(read, Problem) else read) == kept


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-9999, max_value=9999)
)
def test_a_number_is_kept_with_its_value_and_reading_it_again_changes_nothing(number: Any):
    read = read_answer(AGE, format(number, "f"))
    assert isinstance(read, str)
    assert type(number)(read) == number
    assert read_answer(AGE, read) == read


def test_several_choices_are_several_answers_and_of_others_there_is_one():
    questions = tuple(ALL.values())
    given_twice = ["topics=speed", "topics=price", "topics=speed"]
    assert read_answers(questions, given_twice) == {"topics": ["speed", "price"]}
    assert read_answers(questions, ["support=3", "support=03"]) == {"support": ["3"]}
    with pytest.raises(UsageError, match="--answer support is given twice"):
        read_answers(questions, ["support=3", "support=4"])


ANSWERS = st.lists(
    st.tuples(st.sampled_from(["provider", "support", "why", "age", ""]), st.text(max_size=3)).map(
        "=".join
    )
    | st.sampled_from(["provider=other", "provider=Telia", "support=2", "support=5", "why=x"]),
    max_size=6,
)


@given(ANSWERS)
def test_of_a_talk_that_broke_off_everything_that_can_be_kept_is(words: list[str]):
    kept = usable_answers(CHAIN, words)
    assert (
        read_answers(CHAIN, [f"{key}={one}" for key, several in kept.items() for one in several])
        == kept
    )
    assert {one.key for one in asked(CHAIN, kept)} >= kept.keys()
    with suppress(UsageError):
        assert read_answers(CHAIN, words) == kept
