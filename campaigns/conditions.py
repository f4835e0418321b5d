"""Conditions on earlier answers: `asked_if` of a question in a campaign file; pure.

    provider = "Telia" and (support >= 3 or topics = "price")

They are written in the language of segments (`leads.segments`) with questions for fields, and
judged with two values only: what was not answered is unequal to everything and neither less
nor more than anything. A question of several choices equals each of those that were chosen.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from campaigns.fields import nearest
from campaigns.model import Question, QuestionType
from leads.problems import Problem
from leads.segment_tree import (
    And,
    Compare,
    FieldTest,
    Known,
    Node,
    Not,
    OneOf,
    Op,
    Or,
    Value,
    leaves,
    placed,
    read_day,
    written,
)
from leads.segments import parse

_NUMBERS = frozenset({QuestionType.SCALE, QuestionType.NUMBER})
_LETTERS = frozenset({Op.STARTS, Op.CONTAINS})
_EQUAL = frozenset({Op.EQ, Op.NE})


def read_condition(
    text: str, earlier: Mapping[str, Question], later: Collection[str] = ()
) -> Node | Problem:
    """Return the tree that a condition means, or the first thing that is wrong with it.

    Args:
        text: as the campaign file has it.
        earlier: the questions that come before, by their keys.
        later: the keys of this question and of those that come after.
    """
    node = parse(text)
    if isinstance(node, Problem):
        return node
    for leaf in leaves(node):
        if not isinstance(leaf, FieldTest):
            return Problem(
                where="condition",
                why=f"{written(leaf)} asks of the person, not of an answer; write for example "
                f"{next(iter(earlier), 'support')} is known",
            )
        for at, why in _unfit(leaf, earlier, later):
            return placed(text, at, why)
    return node


def _unfit(
    leaf: FieldTest, earlier: Mapping[str, Question], later: Collection[str]
) -> Iterator[tuple[int, str]]:
    key = leaf.of.name
    if key in later:
        yield leaf.of.at, f"{key} is not asked before this question; ask it earlier"
        return
    if key not in earlier:
        near = f"the nearest is {nearest(key, [*earlier])!r}" if earlier else "none comes before it"
        yield leaf.of.at, f"there is no question {key!r} before this one; {near}"
        return
    question = earlier[key]
    match leaf:
        case Compare(op=op, value=value, at=at):
            yield from ((at, why) for why in _misused(question, op, value))
        case OneOf(values=values, at=at):
            for value in values:
                yield from ((at, why) for why in _misused(question, Op.EQ, value))
        case Known():
            pass


def _misused(question: Question, op: Op, value: Value) -> Iterator[str]:
    key, kind = question.key, question.type
    if kind in _NUMBERS:
        if op in _LETTERS or not isinstance(value, Decimal):
            yield f"{key} is a number; write for example {key} >= 3"
        elif kind is QuestionType.SCALE and not question.low <= value <= question.high:
            yield f"{key} goes from {question.low} to {question.high}, and never is {value}"
    elif kind is QuestionType.DATE:
        if op in _LETTERS or not isinstance(value, str) or read_day(value) is None:
            yield f"{key} is a date; write for example {key} < 2026-12-01"
    elif not isinstance(value, str):
        yield f'{key} is no number; write its answer in quotes, like {key} = "yes"'
    elif kind is QuestionType.TEXT:
        if op not in _EQUAL | _LETTERS:
            yield f"{key} is a text; use =, !=, contains or starts with"
    elif op not in _EQUAL:
        yield f"{key} is a choice; use = or !="
    elif value not in question.choices:
        yield f"{value!r} is no answer to {key}, which takes {', '.join(question.choices)}"


def holds(
    node: Node, questions: Mapping[str, Question], answers: Mapping[str, Sequence[str]]
) -> bool:
    """Tell whether a condition is met.

    Args:
        node: of `read_condition`.
        questions: those that it may speak of, by their keys.
        answers: question key -> answers given, as they are kept.
    """
    match node:
        case And(parts):
            return all(holds(part, questions, answers) for part in parts)
        case Or(parts):
            return any(holds(part, questions, answers) for part in parts)
        case Not(part):
            return not holds(part, questions, answers)
        case Compare(of, op, value):
            given = answers.get(of.name, ())
            if op is Op.NE:
                return not _any(questions[of.name], Op.EQ, value, given)
            return _any(questions[of.name], op, value, given)
        case OneOf(of, values):
            given = answers.get(of.name, ())
            return any(_any(questions[of.name], Op.EQ, value, given) for value in values)
        case Known(of, known):
            return bool(answers.get(of.name)) is known
        case _:
            raise AssertionError(node)  # read_condition lets nothing else through


def _any(question: Question, op: Op, value: Value, given: Sequence[str]) -> bool:
    return any(_compare(question, op, value, answer) for answer in given)


def _compare(question: Question, op: Op, value: Value, answer: str) -> bool:
    match op:
        case Op.STARTS:
            return answer.casefold().startswith(str(value).casefold())
        case Op.CONTAINS:
            return str(value).casefold() in answer.casefold()
        case Op.EQ if question.type not in _NUMBERS:
            return answer == value
        case _:
            return _ordered(question, op, value, answer)


def _ordered(question: Question, op: Op, value: Value, answer: str) -> bool:
    if question.type is QuestionType.DATE:
        day, other = read_day(answer), read_day(str(value))
        return day is not None and other is not None and _judged(op, (day > other) - (day < other))
    number = _number(answer)
    return (
        number is not None
        and isinstance(value, Decimal)
        and _judged(op, (number > value) - (number < value))
    )


def _judged(op: Op, order: int) -> bool:
    """Tell whether a comparison of two holds that are in an order: -1, 0 or 1."""
    return {
        Op.EQ: order == 0,
        Op.LT: order < 0,
        Op.LE: order <= 0,
        Op.GT: order > 0,
        Op.GE: order >= 0,
    }[op]


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
