"""Trees of segments, and what they are made of, for hypothesis."""

from decimal import Decimal

from hypothesis import strategies as st

from leads.segment_tree import (
    UNITS_S,
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
    Value,
)

ORDERS = (Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE)
numbers = st.decimals(-9, 9, places=1).map(lambda number: number + 0)
ago = st.builds(Ago, st.integers(0, 60), st.sampled_from([*UNITS_S]))
words = st.sampled_from(
    ["", "Oslo", "oslo", "ÅLESUND", "ålesund", "s", "3", "3,5", "-1", "a%", "_"]
)
days = st.sampled_from(["2026-03-01", "2026-11-20", "2026-11-27"])


def leaves_of(
    fields: dict[str, Kind], columns: list[str], lists: list[str], campaigns: list[str]
) -> st.SearchStrategy[Node]:
    """Return conditions that may be asked of fields, columns of files, lists and campaigns."""
    named = [(Field(name), kind) for name, kind in fields.items()]
    named += [(Field(name, quoted=True), Kind.TEXT) for name in columns]
    return st.one_of(
        st.sampled_from(named).flatmap(lambda one: _tests(*one)),
        st.builds(InList, st.sampled_from(lists)),
        st.builds(InCampaign, st.sampled_from(campaigns)),
        st.builds(HasConsent, st.sampled_from(["calls", "CALLS", "mail"])),
        st.just(Suppressed()),
    )


def _tests(of: Field, kind: Kind) -> st.SearchStrategy[Node]:
    known = st.builds(Known, st.just(of), st.booleans())
    value: st.SearchStrategy[Value]
    match kind:
        case Kind.NUMBER:
            value = st.integers(0, 3).map(Decimal)
        case Kind.MOMENT:
            value = st.one_of(ago, days, days.map(lambda day: f"{day}T11:30"))
        case Kind.TEXT:
            value = st.one_of(words, numbers, days, st.sampled_from(TEXTS.get(of.name, [""])))
    compared = st.builds(Compare, st.just(of), st.sampled_from(ORDERS), value)
    one_of = st.builds(OneOf, st.just(of), st.lists(value, min_size=1, max_size=3).map(tuple))
    if kind is not Kind.TEXT:
        return st.one_of(known, compared, one_of)
    text = st.one_of(words, st.sampled_from(TEXTS.get(of.name, [""])))
    searched = st.builds(Compare, st.just(of), st.sampled_from([Op.STARTS, Op.CONTAINS]), text)
    return st.one_of(known, compared, one_of, searched)


TEXTS = {
    "phone": ["+47", "+472", "+4722000003", "+46", "2200", "+", "+4722 00 00 03"],
    "phone_kind": ["mobile", "FIXED"],
    "state": ["new", "Done"],
    "last_outcome": ["busy", "connected"],
    "last_disposition": ["refusal", "refusal:price", "refusal:", "sale", "SALE"],
    "refusal_reason": ["price", "no time"],
    "country": ["NO", "no", "SE"],
}
"""Values that some fields may really have."""


def trees(leaves: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
            st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        ),
        max_leaves=6,
    )
