"""The questions of a campaign: read from its file, asked or skipped, answered; pure.

An answer is kept in one spelling for each type: a choice as the campaign file writes it, a
scale as its digits, a number without needless zeros, a date as ISO 8601 has it.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from campaigns.cards import NO_CARDS, holds_card_number
from campaigns.conditions import holds, read_condition
from campaigns.fields import Section
from campaigns.model import Question, QuestionType
from leads.errors import UsageError
from leads.problems import Problem
from leads.segment_tree import Node, read_day
from leads.segment_values import day_in, number_in

PRESSED = "message"
"""The question under which a key pressed in a broadcast is kept: no other may have it."""

_CHOOSES = frozenset({QuestionType.CHOICE, QuestionType.MULTI})
_LOWEST, _HIGHEST = -1000, 1000
_PLAIN = Question(key="", text="", type=QuestionType.TEXT)
_ISO_LETTERS = len("2026-12-01")


# -- the campaign file ------------------------------------------------------------------------


def read_questions(file: Section) -> tuple[Question, ...]:
    """Return the questions of a campaign file; every fault in them is noted there."""
    questions: dict[str, Question] = {}
    entries = file.sections("questions")
    keys = [entry.held("key") for entry in entries]
    for place, entry in enumerate(entries):
        later = [key for key in keys[place:] if isinstance(key, str)]
        question = _question(entry, questions, later)
        if question.key in questions:
            entry.refuse("key", f"{question.key!r} is asked twice")
        if question.key == PRESSED:
            entry.refuse("key", f"{PRESSED!r} is the key pressed in a broadcast; name another")
        questions.setdefault(question.key, question)
    return tuple(questions.values())


def _question(entry: Section, earlier: Mapping[str, Question], later: Sequence[str]) -> Question:
    kind = QuestionType(entry.choice("type", tuple(word.value for word in QuestionType)))
    chooses = kind in _CHOOSES
    choices = entry.texts("choices", required=chooses)
    if entry.has("choices") and entry.has("type") and not chooses:
        entry.refuse("choices", f"a question of the type {kind.value} has none")
    low, high = _ends(entry, kind)
    return Question(
        key=entry.code("key"),
        text=entry.text("text", lines=True),
        type=kind,
        choices=choices,
        low=low,
        high=high,
        required=entry.flag("required"),
        asked_if=_asked_if(entry, earlier, later),
    )


def _ends(entry: Section, kind: QuestionType) -> tuple[int, int]:
    """Return the ends of a scale; no other type has any."""
    if kind is not QuestionType.SCALE:
        for key in ("low", "high"):
            if entry.has(key) and entry.has("type"):
                entry.refuse(key, f"a question of the type {kind.value} has no scale")
            entry.expect([key])
        return _PLAIN.low, _PLAIN.high
    low = entry.whole("low", _LOWEST, _HIGHEST, default=_PLAIN.low)
    high = entry.whole("high", _LOWEST, _HIGHEST, default=_PLAIN.high)
    if high <= low:
        entry.refuse("high", f"must be greater than low, which is {low}, not {high}")
    return low, high


def _asked_if(entry: Section, earlier: Mapping[str, Question], later: Sequence[str]) -> str:
    text = entry.text("asked_if", required=False, lines=True)
    if text.strip():
        read = read_condition(text, earlier, later)
        if isinstance(read, Problem):
            entry.refuse(f"asked_if, {read.where}", read.why)
    return text


# -- asking -----------------------------------------------------------------------------------


def asked(
    questions: Sequence[Question], answers: Mapping[str, Sequence[str]]
) -> tuple[Question, ...]:
    """Return the questions that are asked after some answers, in their order.

    What was answered to a question that is not asked counts for nothing.
    """
    known: dict[str, Question] = {}
    counted: dict[str, Sequence[str]] = {}
    found = []
    for question in questions:
        if not question.asked_if or holds(_condition(question, known), known, counted):
            found.append(question)
            if question.key in answers:
                counted[question.key] = answers[question.key]
        known[question.key] = question
    return tuple(found)


def _condition(question: Question, earlier: Mapping[str, Question]) -> Node:
    read = read_condition(question.asked_if, earlier)
    assert not isinstance(read, Problem), read  # the reader of the file refuses others
    return read


# -- answers ----------------------------------------------------------------------------------


def read_answer(question: Question, text: str) -> str | Problem:
    """Return an answer in the spelling in which it is kept, or why it is none."""
    read, how = _read(question, text.strip())
    return Problem(where=question.key, why=how) if read is None else read


def _read(question: Question, given: str) -> tuple[str | None, str]:
    """Return an answer as it is kept, None for none, and how to write one."""
    match question.type:
        case QuestionType.CHOICE | QuestionType.MULTI:
            known = given in question.choices
            return given if known else None, f"choose one of {', '.join(question.choices)}"
        case QuestionType.SCALE:
            ends = f"{question.low} to {question.high}"
            return _on_scale(question, given), f"write a whole number from {ends}"
        case QuestionType.NUMBER:
            return _number(given), "write a number, like 3 or 3.5"
        case QuestionType.DATE:
            return _date(given), "write a date of the calendar, like 2026-12-01 or 01.12.2026"
        case QuestionType.TEXT if holds_card_number(given):
            return None, NO_CARDS
        case QuestionType.TEXT:
            return given or None, "write what they said"


def _on_scale(question: Question, text: str) -> str | None:
    number = _number(text)
    if number is None or "." in number:
        return None
    return number if question.low <= int(number) <= question.high else None


def _number(text: str) -> str | None:
    if number_in(text) is None:
        return None
    plain = format(Decimal(text.replace(",", ".")), "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    # + 0: there is one zero, and it has no sign.
    return format(Decimal(plain) + 0, "f")


def _date(text: str) -> str | None:
    written = day_in(text)
    if written is None or (written != text and len(text) > _ISO_LETTERS):
        return None
    day = read_day(written)
    return None if day is None else day.isoformat()


def read_answers(questions: Sequence[Question], given: Sequence[str]) -> dict[str, list[str]]:
    """Return the answers that an agent's words hold, by the keys of their questions.

    Args:
        questions: the campaign's.
        given: KEY=VALUE each; to a question of several choices more than once.

    Raises:
        UsageError: a word answers no question, or not so, or one that is not asked.
    """
    known = {question.key: question for question in questions}
    found: dict[str, list[str]] = {}
    for word in given:
        key, equals, value = word.partition("=")
        if not equals or key not in known:
            keys = ", ".join(known) or "none: this campaign asks nothing"
            raise UsageError(
                f"--answer {word!r} answers no question; write KEY=VALUE with one of {keys}"
            )
        read = read_answer(known[key], value)
        if isinstance(read, Problem):
            raise UsageError(f"--answer {key}={_told(value)}: {read.why}")
        so_far = found.setdefault(key, [])
        if so_far and read not in so_far and known[key].type is not QuestionType.MULTI:
            raise UsageError(f"--answer {key} is given twice; keep one of the two")
        if read not in so_far:
            so_far.append(read)
    _refuse_unasked(questions, found)
    return found


def _told(value: str) -> str:
    """Return an answer as an error quotes it: a card's number is not said again."""
    return "..." if holds_card_number(value) else value


def _refuse_unasked(questions: Sequence[Question], found: Mapping[str, Sequence[str]]) -> None:
    asked_now = asked(questions, found)
    for question in questions:
        if question.key in found and question not in asked_now:
            raise UsageError(
                f"--answer {question.key}={found[question.key][0]} answers what is not asked: "
                f"{question.key} is only asked if {question.asked_if.strip()}; leave it out, or "
                "correct the answers before it"
            )


def usable_answers(questions: Sequence[Question], given: Sequence[str]) -> dict[str, list[str]]:
    """Return those answers of a talk that broke off which can be kept; others are left out."""
    words: list[str] = []
    # In the order of the questions: whether one is asked depends on the answers before it.
    order = {question.key: place for place, question in enumerate(questions)}
    for word in sorted(given, key=lambda one: order.get(one.partition("=")[0], len(order))):
        try:
            read_answers(questions, [*words, word])
        except UsageError:
            continue
        words.append(word)
    return read_answers(questions, words)


def unanswered(
    questions: Sequence[Question], answers: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """Return the keys of the required questions that are asked and have no answer."""
    return tuple(
        question.key
        for question in asked(questions, answers)
        if question.required and not answers.get(question.key)
    )
