"""An order form filled in: an agent's words in, the order or everything wrong with it out; pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from campaigns.cards import NO_CARDS, holds_card_number
from campaigns.fields import nearest, shown
from campaigns.orders.conditions import Kind, Part, fields_of, parse
from campaigns.orders.judging import holds
from campaigns.orders.model import (
    FieldType,
    Kept,
    Order,
    OrderField,
    OrderForm,
    OrderRule,
)
from campaigns.orders.values import ITEM, KINDS, Surroundings, Value, read_value
from leads.problems import Problem

_EXAMPLES = {
    FieldType.TEXT: "TEXT",
    FieldType.DATE: "2026-12-01",
    FieldType.TIME: "14:30",
    FieldType.WINDOW: "08:00-12:00",
    FieldType.MONEY: "1299.00",
    FieldType.NUMBER: "12",
    FieldType.PHONE: "+4721000000",
    FieldType.EMAIL: "name@example.org",
    FieldType.FLAG: "yes",
    FieldType.TOLD: "yes",
    FieldType.ITEMS: "'Router;1;499.00'",
}


def read_order(
    form: OrderForm, words: Sequence[str], *, today: date
) -> Order | tuple[Problem, ...]:
    """Return the order that an agent's words make, or everything that is wrong with them.

    Args:
        form: of the campaign.
        words: KEY=VALUE each; a field that takes several values comes once for each.
        today: the day at the person's.
    """
    problems: list[Problem] = []
    typed = _by_field(form, words, problems)
    values, wrong = _read_values(form, typed, today)
    problems += [_problem(key, why) for key, why in wrong.items()]
    faulty = {*wrong}
    plain = {key: value.plain for key, value in values.items()}
    problems += _missing(form, plain, faulty, today)
    problems += _broken(form, plain, faulty, today)
    if problems:
        return tuple(problems)
    return Order(fields={key: value.kept for key, value in values.items()})


@dataclass(frozen=True, slots=True)
class SoFar:
    """A form half filled in.

    Attributes:
        offered: the fields that may be filled in, by what was typed so far.
        required: those of them that have to be.
        faults: key -> what is wrong with what was typed there, of those that are offered.
    """

    offered: frozenset[str]
    required: frozenset[str]
    faults: Mapping[str, str]


def so_far(form: OrderForm, words: Sequence[str], *, today: date) -> SoFar:
    """Return what is offered of a form, what is needed, and what is wrong already.

    What was typed into a field that is not offered any more counts for nothing.

    Args:
        form: of the campaign.
        words: KEY=VALUE each, as typed so far.
        today: the day at the person's.
    """
    typed = _by_field(form, words, [])
    while True:
        values, wrong = _read_values(form, typed, today)
        plain, faulty = {key: value.plain for key, value in values.items()}, {*wrong}
        wanted = {
            field.key: _is_true(form, field.only_if, plain, faulty, today) for field in form.fields
        }
        keys = frozenset(key for key, is_wanted in wanted.items() if is_wanted is not False)
        if keys.issuperset(typed):
            break
        typed = {key: texts for key, texts in typed.items() if key in keys}
    required = frozenset(
        field.key
        for field in form.fields
        if wanted[field.key] and _is_required(form, field, plain, faulty, today)
    )
    return SoFar(keys, required, wrong)


def _read_values(
    form: OrderForm, typed: Mapping[str, Sequence[str]], today: date
) -> tuple[dict[str, Value], dict[str, str]]:
    """Return the value of each field that was filled in, or what is wrong with it."""
    around = Surroundings(currency=form.currency, today=today)
    values: dict[str, Value] = {}
    wrong: dict[str, str] = {}
    for field in form.fields:
        texts = typed.get(field.key, [])
        if not texts:
            continue
        read = NO_CARDS if any(map(holds_card_number, texts)) else read_value(field, texts, around)
        if isinstance(read, Value):
            values[field.key] = read
        else:
            wrong[field.key] = read
    return values, wrong


def _problem(key: str, why: str) -> Problem:
    return Problem(where=f"--order {key}", why=why)


def _by_field(
    form: OrderForm, words: Sequence[str], problems: list[Problem]
) -> dict[str, list[str]]:
    """Return what was typed into each field; what is empty was not typed."""
    known = [field.key for field in form.fields]
    typed: dict[str, list[str]] = {}
    for word in words:
        key, equals, text = word.partition("=")
        key = key.strip()
        if key in known and equals:
            if text.strip():
                typed.setdefault(key, []).append(text)
        elif not equals:
            problems.append(_problem(shown(word), "is no KEY=VALUE; write for example KEY=TEXT"))
        else:
            near = nearest(key, known)
            problems.append(
                _problem(shown(key), f"is no field of this order; the nearest is {near!r}")
            )
    return typed


@lru_cache(maxsize=64)
def _kinds(form_fields: tuple[OrderField, ...]) -> dict[str, Kind]:
    return {field.key: KINDS[field.type] for field in form_fields}


def _condition(form: OrderForm, text: str) -> Part:
    return parse(text, _kinds(form.fields))


def _missing(
    form: OrderForm, plain: Mapping[str, object], faulty: set[str], today: date
) -> list[Problem]:
    problems = []
    for field in form.fields:
        wanted = _is_true(form, field.only_if, plain, faulty, today)
        if field.key in faulty or wanted is None:
            continue
        if not wanted:
            if field.key in plain:
                why = f"is for orders in which {field.only_if}; leave it out"
                problems.append(_problem(field.key, why))
        elif field.key not in plain and _is_required(form, field, plain, faulty, today):
            problems.append(_problem(field.key, _ask_for(field)))
    return problems


def _is_required(
    form: OrderForm,
    field: OrderField,
    plain: Mapping[str, object],
    faulty: set[str],
    today: date,
) -> bool:
    if field.required:
        return True
    return bool(field.required_if and _is_true(form, field.required_if, plain, faulty, today))


def _is_true(
    form: OrderForm, text: str, plain: Mapping[str, object], faulty: set[str], today: date
) -> bool | None:
    """Tell whether a condition is true; None where a field in it could not be read."""
    if not text:
        return True
    condition = _condition(form, text)
    if faulty.intersection(fields_of(condition)):
        return None
    return holds(condition, plain, today=today) is True


def _ask_for(field: OrderField) -> str:
    if field.type is FieldType.TOLD:
        return (
            f"the customer has to be told: {field.text} Tell them, and add --order {field.key}=yes"
        )
    return f"{field.label} is missing; add --order {field.key}={example_of(field)}"


def example_of(field: OrderField) -> str:
    """Return how a value of a field is written."""
    return field.choices[0] if field.type not in _EXAMPLES else _EXAMPLES[field.type]


def _broken(
    form: OrderForm, plain: Mapping[str, object], faulty: set[str], today: date
) -> list[Problem]:
    problems = []
    for rule in form.rules:
        condition = _condition(form, rule.then)
        if faulty.intersection(fields_of(condition)):
            continue
        applies = _is_true(form, rule.when, plain, faulty, today)
        if applies and holds(condition, plain, today=today) is False:
            problems.append(_problem(_place(rule, condition), rule.text))
    return problems


def _place(rule: OrderRule, condition: Part) -> str:
    """Return the first field of a rule, which is where an agent looks."""
    return next(fields_of(condition), rule.then)


def words_of_file(text: str) -> tuple[str, ...] | Problem:
    """Return the KEY=VALUE words that a JSON object stands for, or what is wrong with it.

    A list gives its key once for each; an item may be an object with name, quantity and price.

    Args:
        text: of the file.
    """
    try:
        document = json.loads(text, parse_float=_exact, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as fault:
        return Problem(where="--order-file", why=f"is not JSON: {fault}")
    if not isinstance(document, dict):
        return Problem(where="--order-file", why='must be an object, like {"full_name": "Per"}')
    words = []
    for key, value in document.items():
        for one in value if isinstance(value, list) else [value]:
            typed = _word(one)
            if typed is None:
                return Problem(
                    where=f"--order-file, {shown(key)}",
                    why="must be a text, a number, true or false, or a list of such or of items",
                )
            words.append(f"{key}={typed}")
    return tuple(words)


def _exact(number: str) -> str:
    """Return a number of JSON so that nobody takes its point for a thousand's."""
    return f"{number}0" if "e" not in number.lower() else number


def _word(value: object) -> str | None:
    if isinstance(value, dict):
        parts = [_word(value.get(name)) for name in ITEM]
        if set(value) != set(ITEM) or None in parts:
            return None
        return ";".join(part for part in parts if part is not None)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return ""
    return value if isinstance(value, str) else None


def written(kept: Kept) -> str:
    """Return a value as one text: several choices behind one another, items as JSON.

    Args:
        kept: as the base has it.
    """
    if isinstance(kept, str):
        return kept
    if all(isinstance(one, str) for one in kept):
        return ";".join(map(str, kept))
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
