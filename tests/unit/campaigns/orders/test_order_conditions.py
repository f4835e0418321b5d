"""Conditions between the fields of an order: what they compare, and what stays unknown."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.orders.conditions import ConditionError, Kind, fields_of, parse
from campaigns.orders.judging import holds

TODAY = date(2026, 11, 27)
KINDS = {
    "service": Kind.TEXT,
    "extras": Kind.CHOSEN,
    "visit": Kind.DATE,
    "at": Kind.TIME,
    "due": Kind.NUMBER,
    "material": Kind.NUMBER,
    "work": Kind.NUMBER,
    "owns": Kind.TRUTH,
}
VALUES: dict[str, object] = {
    "service": "fibre-500",
    "extras": ("tv", "phone"),
    "visit": date(2026, 12, 4),
    "at": "08:30",
    "due": Decimal("1499.50"),
    "material": Decimal("499.50"),
    "work": Decimal(1000),
    "owns": True,
}


def judged(text: str, **changes: object) -> bool | None:
    values = {key: value for key, value in (VALUES | changes).items() if value is not None}
    return holds(parse(text, KINDS), values, today=TODAY)


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ('service == "fibre-500"', True),
        ("service = 'fibre-100'", False),
        ('service != "fibre-100"', True),
        ('service in ("fibre-100", "fibre-500")', True),
        ('service in ("fibre-100")', False),
        ('extras contains "tv"', True),
        ('extras contains "radio"', False),
        ("due == material + work", True),
        ("due - work == material", True),
        ("due == material + work + 0.01", False),
        ("due == 1 + 2 * 3", False),
        ("material * 2 == 999", True),
        ("visit == today + 7d", True),
        ("visit < today + 7d", False),
        ("visit <= today + 7d", True),
        ("visit > 2026-12-03", True),
        ("visit - 7d == today", True),
        ('at >= "08:30" and at < "12:00"', True),
        ("owns", True),
        ("owns == no", False),
        ("not owns", False),
        ('not (owns and service == "fibre-100")', True),
        ('service == "fibre-100" or owns and due > 1000', True),
        ("visit is known and not visit is unknown", True),
        ("visit is not known", False),
    ],
)
def test_a_condition_is_judged_by_what_was_filled_in(text: str, true: bool) -> None:
    assert judged(text) is true


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ("due > 100", None),
        ("not due > 100", None),
        ("due is unknown", True),
        ("due > 100 or owns", True),
        ("due > 100 and owns", None),
        ("due > 100 and not owns", False),
        ("due == material", None),
        ("material + due == 499.5", True),  # in a sum an empty field is nothing
        ("due * 2 == 4", None),
    ],
)
def test_what_is_empty_makes_unknown_only_what_depends_on_it(text: str, true: bool | None) -> None:
    assert judged(text, due=None) is true


def test_a_sum_of_which_nothing_is_known_is_unknown() -> None:
    assert judged("material + work == 0", material=None, work=None) is None


def test_days_end_where_the_calendar_does() -> None:
    assert judged("visit < today + 99999d", visit=date(2299, 1, 1)) is True
    assert judged("visit > today - 99999d - 99999d - 99999d - 99999d - 99999d - 99999d") is True
    assert judged("visit + 99999d + 99999d > today", visit=date(9999, 1, 1)) is True


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "ends too early"),
        ("servce is known", "there is no field 'servce'; the nearest is 'service'"),
        ("service == fibre", "there is no field 'fibre'"),
        ("service", "nothing is said of it"),
        ("service == 3", "service is a text and 3 a number; == cannot compare them"),
        ("visit > 3", "cannot compare"),
        ("owns > no", "cannot compare"),
        ("extras == 'tv'", "cannot compare"),
        ("due contains 'a'", "due can contain only a text"),
        ("at > 'noon'", 'noon is no time; write it like "08:30"'),
        ("at > service", 'service is no time; write it like "08:30"'),
        ("due + visit > 3", "is no sum"),
        ("visit + 3 > today", "is no sum"),
        ("service * 2 == 3", "cannot be multiplied"),
        ("due > 3 due", "due cannot stand there"),
        ("due > 3 and", "ends too early"),
        ("due is 3", "after is stands known or unknown"),
        ("service in 'a'", 'write service in ("a", "b")'),
        ("(due > 3", "a ( is not closed"),
        ("visit > 2026-13-01", "2026-13-01 is no day of the calendar"),
        ("due > 3;", "means nothing here"),
        ("due > 1e9", "means nothing here"),
        ("not " * 30 + "owns", "deep"),
        ("(" * 30 + "owns" + ")" * 30, "deep"),
        ("owns or " * 200 + "owns", "is longer than 1000 letters"),
    ],
)
def test_what_is_no_condition_is_refused_with_the_way_out(text: str, why: str) -> None:
    with pytest.raises(ConditionError) as refused:
        parse(text, KINDS)
    assert why in str(refused.value)


def test_a_condition_names_its_fields() -> None:
    part = parse("due == material + work or service in ('a') and visit is known", KINDS)
    assert [*fields_of(part)] == ["due", "material", "work", "service", "visit"]


SIGNS = (
    "and or not is known unknown in contains today yes no == = != < >= + - * ( ) , 3 2.5 7d "
    '2026-12-01 "fibre-500" "08:30" xyz "'
)
WORDS = st.sampled_from([*KINDS, *SIGNS.split()])
FILLED = st.fixed_dictionaries(
    {},
    optional={
        "service": st.sampled_from(["fibre-100", "fibre-500"]),
        "extras": st.sampled_from([(), ("tv",)]),
        "visit": st.dates(),
        "at": st.sampled_from(["08:30", "12:00"]),
        "due": st.decimals(-1000, 1000, places=2),
        "material": st.decimals(0, 10**12, places=3),
        "work": st.decimals(0, 10**12, places=3),
        "owns": st.booleans(),
    },
)


@given(st.lists(WORDS, max_size=12).map(" ".join) | st.text(max_size=60), FILLED)
def test_any_text_is_judged_or_refused(text: str, values: dict[str, object]) -> None:
    try:
        part = parse(text, KINDS)
    except ConditionError as refused:
        assert str(refused)  # noqa: PT017 (either will do)
        return
    assert holds(part, values, today=TODAY) in {True, False, None}


@given(
    st.decimals(0, 10**12, places=3),
    st.decimals(0, 10**12, places=3),
    st.decimals(0, 10**12, places=3),
)
def test_sums_of_money_are_exact(a: Decimal, b: Decimal, c: Decimal) -> None:
    part = parse("due == material + work", KINDS)
    values = {"due": c, "material": a, "work": b}
    assert holds(part, values, today=TODAY) is (int(c * 1000) == int(a * 1000) + int(b * 1000))


@given(FILLED, st.integers(0, 400))
def test_a_day_told_from_today_moves_with_it(values: dict[str, object], days: int) -> None:
    day = TODAY + timedelta(days=days)
    part = parse(f"visit == today + {days}d", KINDS)
    assert holds(part, values | {"visit": day}, today=TODAY) is True
    assert holds(part, values | {"visit": day}, today=TODAY + timedelta(days=1)) is False
