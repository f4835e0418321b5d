"""What a row says of a consent, and when a consent counts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.consent_rules import (
    Consent,
    ConsentState,
    NewConsent,
    from_row,
    state_of,
    why_not_in_force,
)
from leads.model import LeadId
from leads.problems import Problem

NOW = datetime(2026, 6, 2, 10, tzinfo=UTC)
DAY = timedelta(days=1)
ROW = {"consent_kind": "phone_marketing", "consent_source": "web form", "consent_at": "2025-11-03"}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def consent(**more: str) -> NewConsent:
    found = from_row(ROW | more, now=NOW)
    assert isinstance(found, NewConsent), found
    return found


def problem(**more: str) -> Problem:
    found = from_row(ROW | more, now=NOW)
    assert isinstance(found, Problem), found
    return found


def test_a_row_says_who_agreed_to_what_and_since_when():
    found = consent(
        consent_wording=" Yes, call me ",
        consent_proof="scan-17.pdf",
        consent_expires="2027-01-01",
        consent_withdrawn_at="2026-02-03 09:30",
        consent_withdrawn_reason="by e-mail",
    )
    assert found == NewConsent(
        kind="phone_marketing",
        source="web form",
        given_at=utc("2025-11-03"),
        wording="Yes, call me",
        proof="scan-17.pdf",
        expires_at=utc("2027-01-01"),
        withdrawn_at=utc("2026-02-03T09:30"),
        withdrawn_reason="by e-mail",
    )


def test_a_row_without_a_word_of_a_consent_is_none():
    empty = dict.fromkeys(ROW, " ") | {"name": "Åse"}
    assert from_row(empty, now=NOW) is None
    assert from_row(empty, now=NOW, kind="phone_marketing", source="web form") is None


def test_what_the_row_leaves_open_is_said_for_all_and_what_it_says_comes_first():
    bare = {"consent_at": "2025-11-03"}
    found = from_row(bare, now=NOW, kind="recording", source="letter")
    assert isinstance(found, NewConsent)
    assert (found.kind, found.source) == ("recording", "letter")
    found = from_row(ROW, now=NOW, kind="recording", source="letter")
    assert isinstance(found, NewConsent)
    assert (found.kind, found.source) == ("phone_marketing", "web form")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-11-03", "2025-11-03"),
        ("20251103", "2025-11-03"),
        ("03.11.2025", "2025-11-03"),
        ("3.11.2025 14:05", "2025-11-03T14:05"),
        ("3. 11. 2025", "2025-11-03"),
        ("2025/11/03 9:05", "2025-11-03T09:05"),
        ("2025-11-03 14:05", "2025-11-03T14:05"),
        ("2025-11-03T14:05:06Z", "2025-11-03T14:05:06"),
        ("2025-11-03T14:05+01:00", "2025-11-03T13:05"),
    ],
)
def test_dates_are_read_as_people_write_them(text: str, moment: str):
    assert consent(consent_at=text).given_at == utc(moment)


def test_a_moment_without_an_offset_is_on_the_clock_that_is_named():
    oslo = ZoneInfo("Europe/Oslo")
    found = from_row(ROW | {"consent_at": "2025-07-03 14:05"}, now=NOW, zone=oslo)
    assert isinstance(found, NewConsent)
    assert found.given_at == utc("2025-07-03T12:05")


@pytest.mark.parametrize(
    ("cell", "where", "why"),
    [
        ({"consent_kind": "Phone marketing"}, "consent_kind", "'Phone marketing' is no kind"),
        ({"consent_kind": ""}, "consent_kind", "no kind of consent is named"),
        ({"consent_source": ""}, "consent_source", "is not said"),
        ({"consent_at": ""}, "consent_at", "is not said"),
        ({"consent_at": "03/11/2025"}, "consent_at", "may be two different days"),
        ({"consent_at": "31.02.2025"}, "consent_at", "is no date"),
        ({"consent_at": "yes"}, "consent_at", "is no date; write it like 2025-11-03"),
        ({"consent_at": "1925-11-03"}, "consent_at", "is no date"),
        ({"consent_at": "2026-06-03"}, "consent_at", "2026-06-03 is in the future"),
        ({"consent_expires": "soon"}, "consent_expires", "is no date"),
        ({"consent_expires": "2025-11-03"}, "consent_expires", "before it was given"),
        ({"consent_withdrawn_at": "2025-11-02"}, "consent_withdrawn_at", "before it was given"),
        ({"consent_withdrawn_at": "2026-07-01"}, "consent_withdrawn_at", "in the future"),
    ],
)
def test_what_cannot_be_names_its_cell(cell: dict[str, str], where: str, why: str):
    found = problem(**cell)
    assert found.where == where
    assert why in found.why


@given(st.dictionaries(st.sampled_from([*ROW, "consent_expires", "consent_withdrawn_at"]),
                       st.text("0123456789.-/:T Zab", max_size=20)))  # fmt: skip
def test_no_cell_brings_the_reader_down_and_whatever_it_gives_can_be(cells: dict[str, str]):
    found = from_row(ROW | cells, now=NOW)
    if isinstance(found, NewConsent):
        assert found.given_at <= NOW
        assert found.expires_at is None or found.expires_at > found.given_at
        assert found.withdrawn_at is None or found.given_at <= found.withdrawn_at <= NOW


# In force


def held(
    *,
    days_ago: float,
    withdrawn: float | None = None,
    expires: float | None = None,
    kind: str = "phone_marketing",
    reason: str | None = None,
) -> Consent:
    """A consent given so many days ago; the other ends are days ago too."""
    return Consent(
        kind=kind,
        source="web form",
        given_at=NOW - days_ago * DAY,
        withdrawn_at=None if withdrawn is None else NOW - withdrawn * DAY,
        withdrawn_reason=reason,
        expires_at=None if expires is None else NOW - expires * DAY,
        consent_id=1,
        lead_id=LeadId(1),
        import_id=None,
        attempt_id=None,
        recorded_at=NOW,
    )


def why(*consents: Consent, now: datetime = NOW) -> str | None:
    return why_not_in_force(consents, "phone_marketing", now=now)


def test_a_consent_counts_from_the_moment_it_was_given():
    one = held(days_ago=1)
    assert why(one) is None
    assert why(one, now=one.given_at) is None
    assert why(one, now=one.given_at - timedelta(seconds=1)) == (
        "never gave the consent 'phone_marketing'"
    )


def test_a_consent_to_something_else_does_not_count():
    assert why(held(days_ago=1, kind="recording")) == "never gave the consent 'phone_marketing'"


def test_a_consent_counts_until_it_expires():
    assert why(held(days_ago=10, expires=-1)) is None
    assert why(held(days_ago=10, expires=0)) == (
        "the consent 'phone_marketing' expired on 2026-06-02"
    )
    assert why(held(days_ago=10, expires=5), held(days_ago=20, expires=3)) == (
        "the consent 'phone_marketing' expired on 2026-05-30"
    )


def test_a_consent_counts_until_it_is_withdrawn():
    one = held(days_ago=10, withdrawn=2, reason="by e-mail")
    assert why(one) == "withdrew the consent 'phone_marketing' on 2026-05-31 (by e-mail)"
    assert why(one, now=NOW - 3 * DAY) is None


def test_who_withdraws_a_kind_withdraws_every_consent_of_it_given_until_then():
    asked = [held(days_ago=20), held(days_ago=10, withdrawn=2)]
    assert why(*asked) == "withdrew the consent 'phone_marketing' on 2026-05-31"
    assert [state_of(one, asked, now=NOW) for one in asked] == [ConsentState.WITHDRAWN] * 2
    assert why(*asked, held(days_ago=1)) is None
    assert why(*asked, held(days_ago=5, kind="recording", withdrawn=0), held(days_ago=1)) is None


def test_a_withdrawn_consent_does_not_hide_why_a_later_one_ended():
    assert why(held(days_ago=20, withdrawn=15), held(days_ago=10, expires=1)) == (
        "the consent 'phone_marketing' expired on 2026-06-01"
    )
    assert why(held(days_ago=20, expires=1, withdrawn=2)) == (
        "withdrew the consent 'phone_marketing' on 2026-05-31"
    )


@given(
    st.lists(
        st.builds(
            held,
            days_ago=st.integers(-5, 20),
            withdrawn=st.none() | st.integers(-5, 20),
            expires=st.none() | st.integers(-5, 20),
        )
    )
)
def test_somebody_agrees_exactly_when_one_of_their_consents_is_in_force(consents: list[Consent]):
    known = [one for one in consents if one.given_at <= NOW]
    in_force = [state_of(one, known, now=NOW) is ConsentState.IN_FORCE for one in known]
    assert (why(*consents) is None) == any(in_force)


@given(st.integers(-5, 20))
def test_a_withdrawal_never_makes_anything_count(days: int):
    open_still = held(days_ago=3)
    ended = replace(open_still, withdrawn_at=NOW - days * DAY)
    assert why(ended) is None or why(open_still) is None
