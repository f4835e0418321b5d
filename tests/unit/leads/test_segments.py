"""A segment is read as it is said aloud, or refused with the place and a way out."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.problems import Problem
from leads.segment_tree import (
    Ago,
    And,
    Compare,
    Field,
    HasConsent,
    InCampaign,
    InList,
    Kind,
    Known,
    Node,
    Not,
    OneOf,
    Op,
    Or,
    Suppressed,
    Words,
    unknown_words,
    written,
)
from leads.segments import DEEPEST, LONGEST, MOST_PARTS, parse
from tests.unit.leads.trees import leaves_of, trees

WORDS = Words(
    kinds={"city_of_birth": Kind.TEXT, "attempts": Kind.NUMBER, "last_attempt_at": Kind.MOMENT},
    attributes=["By", "Antall år", "Kunde-Nr."],
    lists=["spring", "existing"],
    campaigns=["tariff-switch"],
    refused={"state": "it is what this filter decides; leave it out"},
)
CITY, OSLO = Field("city"), Compare(Field("city"), Op.EQ, "Oslo")


def problem(text: str) -> Problem:
    read = parse(text)
    assert isinstance(read, Problem), read
    return read


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ('city = "Oslo"', OSLO),
        ("city is 'Oslo'", OSLO),
        ('city is not "Oslo"', Compare(CITY, Op.NE, "Oslo")),
        ('city <= "B"', Compare(CITY, Op.LE, "B")),
        ("age > 3.50", Compare(Field("age"), Op.GT, Decimal("3.5"))),
        ("age = -2", Compare(Field("age"), Op.EQ, Decimal(-2))),
        ("antall_år = 007", Compare(Field("antall_år"), Op.EQ, Decimal(7))),
        ('attribute "Antall år" = 3', Compare(Field("Antall år", True), Op.EQ, Decimal(3))),
        ('city in ("Oslo", 3)', OneOf(CITY, ("Oslo", Decimal(3)))),
        ('city not in ("Oslo")', Not(OneOf(CITY, ("Oslo",)))),
        ('city starts with "Os"', Compare(CITY, Op.STARTS, "Os")),
        ('city not contains "Os"', Not(Compare(CITY, Op.CONTAINS, "Os"))),
        ("city is known", Known(CITY)),
        ("city is unknown", Known(CITY, False)),
        ("city is not known", Known(CITY, False)),
        ("city Is Not Unknown", Known(CITY)),
        ("seen before 1 day ago", Compare(Field("seen"), Op.LT, Ago(1, "day"))),
        ("seen after 30 DAYS AGO", Compare(Field("seen"), Op.GT, Ago(30, "day"))),
        ("seen < 2026-11-01", Compare(Field("seen"), Op.LT, "2026-11-01")),
        ('IN LIST "a b"', InList("a b")),
        ('not in campaign "x"', Not(InCampaign("x"))),
        ('has consent "calls"', HasConsent("calls")),
        ("suppressed", Suppressed()),
        (r'city = "a \"b\" \\"', Compare(CITY, Op.EQ, 'a "b" \\')),
        ("in_list = 1", Compare(Field("in_list"), Op.EQ, Decimal(1))),
        ("list\u00a0=\n1", Compare(Field("list"), Op.EQ, Decimal(1))),
    ],
)
def test_a_condition_is_read(text: str, tree: Node) -> None:
    assert parse(text) == tree


def test_and_binds_closer_than_or_and_not_closest() -> None:
    a, b, c = (Known(Field(name)) for name in "abc")
    assert parse("a is known or b is known and not c is known") == Or((a, And((b, Not(c)))))
    assert parse("(a is known or b is known) and c is known") == And((Or((a, b)), c))
    assert parse("a is known and b is known AND c is known") == And((a, b, c))


@pytest.mark.parametrize(
    ("text", "column", "hint"),
    [
        ("", 1, "is empty"),
        ("city = Oslo", 8, 'write "Oslo"'),
        ('city = "Oslo', 8, "this quote is not closed"),
        ("city = “Oslo”", 8, "straight ones"),
        ('city equals "Oslo"', 6, "is no comparison; use ="),
        ('city contain "Oslo"', 6, "did you mean 'contains'?"),
        ('city starts "Os"', 13, "write starts with"),
        ("city starts with 3", 18, "needs a text in quotes"),
        ("city", 5, "write for example city is known"),
        ('city = "a" or', 14, "something is missing at the end"),
        ('city = "a" city = "b"', 12, "write and or or before it"),
        ('(city = "a"', 1, "the ( is not closed"),
        ('city = "a")', 11, "there is no ( for it"),
        ('city in "a"', 9, 'write city in ("a", "b")'),
        ('city in ("a" "b")', 14, "write , before the next one"),
        ("in list spring", 9, "write the list in quotes"),
        ('in "spring"', 4, 'write in list "NAME"'),
        ("has it", 5, "write has consent"),
        ("or = 3", 1, 'write attribute "or"'),
        ("seen before 30 days", 20, "write 30 days ago"),
        ("seen before 1.5 days ago", 13, "a whole number of days"),
        ("seen before 99999 weeks ago", 13, "two hundred years"),
        ("a = 1234567890123456", 5, "too long for a number"),
        ("a = 3x", 5, "neither a number nor a day"),
        ('a = "x\x00"', 7, "cannot be seen"),
        ('a = "\ud800"', 6, "cannot be seen"),
        ("a & b", 3, "'&' means nothing here"),
    ],
)
def test_a_fault_is_told_with_its_place_and_a_way_out(text: str, column: int, hint: str) -> None:
    told = problem(text)
    assert told.where == f"column {column}"
    assert hint in told.why
    if text:
        *_, line, caret = told.why.split("\n")
        assert caret.index("^") - 4 == column - 1
        assert line.strip()


def test_the_caret_stands_in_its_line_and_near_the_middle_of_a_long_one() -> None:
    told = problem('city = "Oslo" and\n  age = old')
    assert told.where == "line 2, column 9"
    assert told.why.endswith("\n      age = old\n            ^")
    told = problem('city = "Oslo" and ' * 20 + "age = old")
    *_, line, caret = told.why.split("\n")
    assert line[caret.index("^") :] == "old"
    assert len(line) < 100


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a = 1 or " * 500 + "a = 1", f"longer than {LONGEST} letters"),
        ("not " * 100 + "a = 1", f"more than {DEEPEST} deep"),
        ("(" * 900 + "a = 1", f"more than {DEEPEST} deep"),
        (f"a in ({'1,' * 400}1)", f"more than {MOST_PARTS} conditions"),
    ],
)
def test_how_long_and_how_deep_a_segment_is_has_bounds(text: str, hint: str) -> None:
    assert hint in problem(text).why


said = st.lists(
    st.sampled_from(
        [
            "and",
            "or",
            "not",
            "(",
            ")",
            "in",
            "list",
            '"a"',
            "has",
            "consent",
            "suppressed",
            "city",
            "=",
            "!=",
            "<",
            ">=",
            "3",
            "-1.5",
            "days",
            "ago",
            "is",
            "known",
            "unknown",
            "starts",
            "with",
            "contains",
            "attribute",
            ",",
            "2026-11-01",
            "'é'",
            "before",
        ]
    )
).map(" ".join)


@given(st.one_of(st.text(), said))
def test_any_text_is_read_or_refused(text: str) -> None:
    read = parse(text)
    if not isinstance(read, Problem):
        assert parse(written(read)) == read


@given(
    trees(
        leaves_of(
            {"city": Kind.TEXT, "attempts": Kind.NUMBER, "seen_at": Kind.MOMENT},
            ["Antall år", 'a "b"', "\\", "and"],
            ["spring", '"'],
            ["x"],
        )
    )
)
def test_a_tree_prints_as_text_that_is_read_as_the_same_tree(tree: Node) -> None:
    assert parse(written(tree)) == tree


@pytest.mark.parametrize(
    "text",
    [
        'by = "Oslo" and antall_år > 3 and antall_ar is known and ANTALL_AR = 1 and Kunde_nr = 17',
        'attribute "Antall år" = 3 or attribute "antall ar" = 3 or attribute "kunde nr" = 3',
        'in list "spring" and in campaign "tariff-switch" and City_Of_Birth contains "s"',
        'attempts in (1, 2) and last_attempt_at < "2026-11-01T12:00Z" and last_attempt_at = 3 days ago',
    ],
)
def test_names_that_exist_are_found_as_people_write_them(text: str) -> None:
    tree = parse(text)
    assert not isinstance(tree, Problem)
    assert unknown_words(tree, text, WORDS) == ()


@pytest.mark.parametrize(
    ("text", "column", "hint"),
    [
        ("attemts = 1", 1, "did you mean 'attempts'?"),
        ("antal_ar = 1", 1, "did you mean 'antall_ar'?"),
        ('xyz = "a"', 1, "the files brought antall_ar, by, kunde_nr"),
        ('attribute "attempts" = 1', 1, "there is no attribute 'attempts'"),
        ('attribute "Antal år" = 1', 1, "did you mean 'Antall år'?"),
        ('not in list "sprig"', 13, "did you mean 'spring'?"),
        ('in campaign "tarif-switch"', 13, "did you mean 'tariff-switch'?"),
        ('in list "zzz"', 9, "see: ringbank lists list"),
        ('attempts = "a"', 12, "attempts is a number"),
        ("last_attempt_at > 3", 19, 'write "2026-11-01" or 30 days ago'),
        ('last_attempt_at > "2026-02-30"', 19, "is a moment"),
        ("by > 3 days ago", 6, "no moment of Ringbank's"),
        ('attempts contains "1"', 19, "cannot be searched for letters"),
        ('attempts in (1, "a")', 13, "attempts is a number"),
        ('state = "new"', 1, "cannot be used here: it is what this filter decides"),
    ],
)
def test_a_name_that_means_nothing_is_told_with_the_nearest(
    text: str, column: int, hint: str
) -> None:
    tree = parse(text)
    assert not isinstance(tree, Problem)
    told = unknown_words(tree, text, WORDS)
    assert [one.where for one in told] == [f"column {column}"] * len(told)
    assert any(hint in one.why for one in told)
