"""Which branches of a script nobody can come to, whatever is answered; pure.

A condition is evaluated for every combination of answers to the questions that it and those
around it look at, as far as these have finitely many. What is not finite (a person's city, a
number, a text) is unknown, and unknown is neither yes nor no: a branch is only called
unreachable where every combination says no for certain.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import prod

from jinja2 import nodes

from campaigns.model import Question, QuestionType
from campaigns.scripts.allowed import path_of
from campaigns.scripts.filters import FILTERS
from campaigns.scripts.values import NOTHING, Several, Text

MOST_COMBINATIONS = 20_000
"""With more of them nothing is said of a branch."""
_MOST_CHOICES = 10
_WIDEST_SCALE = 100


@dataclass(frozen=True, slots=True)
class Branch:
    """A part of a script that is shown under a condition.

    Attributes:
        words: as its author began it: if, elif or else.
        conditions: all of them hold there; False beside one: it does not hold.
    """

    line: int
    words: str
    conditions: tuple[tuple[nodes.Node, bool], ...]


def branches(tree: nodes.Template) -> Iterator[Branch]:
    """Yield every branch of a script, the outer one before those in it."""
    yield from _within(tree.body, ())


def _within(
    body: Sequence[nodes.Node], around: tuple[tuple[nodes.Node, bool], ...]
) -> Iterator[Branch]:
    for node in body:
        if isinstance(node, nodes.If):
            yield from _of_if(node, around)
        elif isinstance(node, nodes.For):
            yield from _within(node.body, around)
            yield from _within(node.else_, around)


def _of_if(node: nodes.If, around: tuple[tuple[nodes.Node, bool], ...]) -> Iterator[Branch]:
    held = around
    for number, one in enumerate((node, *node.elif_)):
        here = (*held, (one.test, True))
        yield Branch(one.lineno, "elif" if number else "if", here)
        yield from _within(one.body, here)
        held = (*held, (one.test, False))
    if node.else_:
        yield Branch(node.else_[0].lineno, "else", held)
        yield from _within(node.else_, held)


def unreachable(tree: nodes.Template, questions: Mapping[str, Question]) -> Iterator[Branch]:
    """Yield the branches that no answers lead to; of those in one of them nothing is said."""
    dead: list[tuple[tuple[nodes.Node, bool], ...]] = []
    for branch in branches(tree):
        if any(branch.conditions[: len(one)] == one for one in dead):
            continue
        if not _can_hold(branch.conditions, questions):
            dead.append(branch.conditions)
            yield branch


def _can_hold(
    conditions: Sequence[tuple[nodes.Node, bool]], questions: Mapping[str, Question]
) -> bool:
    used = {key for condition, _ in conditions for key in asked_about(condition)}
    domains = {
        key: domain
        for key in sorted(used)
        if key in questions and (domain := _domain(questions[key])) is not None
    }
    if prod(map(len, domains.values())) > MOST_COMBINATIONS:
        return True
    return any(
        all(_holds(condition, dict(zip(domains, row, strict=True))) in {wanted, None}
            for condition, wanted in conditions)
        for row in product(*domains.values())
    )  # fmt: skip


def asked_about(node: nodes.Node) -> Iterator[str]:
    """Yield the keys of the questions that a part of a script looks at."""
    for path, _ in paths(node):
        if path[0] == "answers" and len(path) > 1:
            yield path[1]


def paths(node: nodes.Node) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield every value that a part of a script names, the whole of it, and the line."""
    path = path_of(node)
    if path is not None:
        yield path, node.lineno
        return
    for child in node.iter_child_nodes():
        yield from paths(child)


def _domain(question: Question) -> Sequence[object] | None:
    """Return all that a question may be answered with, no answer among it; None: no end."""
    match question.type:
        case QuestionType.CHOICE:
            return [NOTHING, *map(Text, question.choices)]
        case QuestionType.SCALE if question.high - question.low <= _WIDEST_SCALE:
            return [NOTHING, *map(Text, range(question.low, question.high + 1))]
        case QuestionType.MULTI if len(question.choices) <= _MOST_CHOICES:
            return [
                Several(some)
                for many in range(len(question.choices) + 1)
                for some in combinations(question.choices, many)
            ]
        case _:
            return None


class _Unknown:
    """What depends on more than the answers."""


_UNKNOWN = _Unknown()


def _holds(node: nodes.Node, answers: Mapping[str, object]) -> bool | None:
    """Return whether a condition holds, or None where that is not known."""
    value = _value(node, answers)
    return None if isinstance(value, _Unknown) else bool(value)


def _value(node: nodes.Node, answers: Mapping[str, object]) -> object:
    path = path_of(node)
    if path is not None:
        known = path[0] == "answers" and len(path) > 1 and path[1] in answers
        return answers[path[1]] if known else _UNKNOWN
    match node:
        case nodes.Const():
            return node.value
        case nodes.Neg():
            inner = _value(node.node, answers)
            return -inner if isinstance(inner, int | float) else _UNKNOWN
        case nodes.List() | nodes.Tuple():
            items = [_value(item, answers) for item in node.items]
            return _UNKNOWN if _UNKNOWN in items else items
        case nodes.Not():
            held = _holds(node.node, answers)
            return _UNKNOWN if held is None else not held
        case nodes.And() | nodes.Or():
            return _both(node, answers)
        case nodes.Test():
            held = _holds(node.node, answers)
            return _UNKNOWN if held is None else held is (node.name == "defined")
        case nodes.CondExpr():
            held = _holds(node.test, answers)
            part = node.expr1 if held else node.expr2
            return _UNKNOWN if held is None or part is None else _value(part, answers)
        case nodes.Compare():
            return _compared(node, answers)
        case nodes.Filter() if node.node is not None:
            values = [_value(one, answers) for one in (node.node, *node.args)]
            return _UNKNOWN if _UNKNOWN in values else FILTERS[node.name][0](*values)
        case _:
            return _UNKNOWN


def _both(node: nodes.And | nodes.Or, answers: Mapping[str, object]) -> object:
    """Evaluate `and` and `or`: one side may decide whatever the other one is."""
    decides = isinstance(node, nodes.Or)
    sides = (_holds(node.left, answers), _holds(node.right, answers))
    if decides in sides:
        return decides
    return _UNKNOWN if None in sides else not decides


def _compared(node: nodes.Compare, answers: Mapping[str, object]) -> object:
    left = _value(node.expr, answers)
    unknown = False
    for operand in node.ops:
        right = _value(operand.expr, answers)
        if isinstance(left, _Unknown) or isinstance(right, _Unknown):
            unknown = True
        elif not _is_so(left, operand.op, right):
            return False
        left = right
    return _UNKNOWN if unknown else True


def _is_so(left: object, op: str, right: object) -> bool:
    """Compare as the sandbox does; what `allowed` lets through cannot fail."""
    a, b = left, right  # the values know how they compare, whatever they are
    held: object
    match op:
        case "eq":
            held = a == b
        case "ne":
            held = a != b
        case "lt":
            held = a < b  # type: ignore[operator]
        case "lteq":
            held = a <= b  # type: ignore[operator]
        case "gt":
            held = a > b  # type: ignore[operator]
        case "gteq":
            held = a >= b  # type: ignore[operator]
        case "in":
            held = a in b  # type: ignore[operator]
        case _:
            held = a not in b  # type: ignore[operator]
    return bool(held)
