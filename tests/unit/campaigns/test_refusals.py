"""Why people refuse: the built-in reasons, a campaign's own, and when they are asked again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.definition import read_definition
from campaigns.model import Campaign, Needs, Offer, RefusalReason
from campaigns.refusals import built_in, by_group, offered_at, read_detail, reason_named
from leads.errors import UsageError
from tests.unit.campaigns.examples import campaign

NOON = datetime(2026, 6, 2, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def with_reasons(*entries: str) -> Campaign:
    read = read_definition(
        """name = "tariff-switch"
lists = ["norway"]
mode = "manual"
trunk = "main"
caller_id = "+4721000000"
seller = "Example Telecom AS"
purpose = "sales"
"""
        + "".join(f"[[refusal_reasons]]\n{entry}\n" for entry in entries)
    )
    assert isinstance(read, Campaign), read
    return read


def only(entry: str) -> RefusalReason:
    (reason,) = with_reasons(entry).refusal_reasons
    return reason


# The built-in reasons


def test_a_campaign_without_reasons_has_the_built_in_ones() -> None:
    assert with_reasons().refusal_reasons == built_in()
    assert len({reason.code for reason in built_in()}) == len(built_in()) > 40


def test_the_built_in_reasons_stand_in_groups() -> None:
    groups = by_group(built_in())
    assert [*groups][:3] == ["price", "contract", "satisfied"]
    assert all(groups.values())
    assert sum(map(len, groups.values())) == len(built_in())
    assert {reason.code for reason in groups["contract"] if reason.needs is Needs.DATE} == {
        "under_contract_until",
        "notice_missed",
        "exit_fee",
    }


def test_principles_and_privacy_are_a_hard_no_and_privacy_is_a_wish_not_to_be_called() -> None:
    groups = by_group(built_in())
    assert all(reason.hard for group in ("principle", "privacy") for reason in groups[group])
    wishes = {reason.code for reason in built_in() if reason.do_not_call}
    assert wishes == {reason.code for reason in groups["privacy"]}
    assert not any(reason.hard for reason in groups["price"])


def test_no_built_in_reason_sends_anybody_anywhere() -> None:
    assert all(reason.offer is None for reason in built_in())


def test_groups_that_are_named_in_turns_are_shown_together() -> None:
    reasons = with_reasons(
        'code = "a"\ngroup = "one"', 'code = "b"\ngroup = "two"', 'code = "c"\ngroup = "one"'
    ).refusal_reasons
    assert {name: [one.code for one in group] for name, group in by_group(reasons).items()} == {
        "one": ["a", "c"],
        "two": ["b"],
    }


# A campaign's own


def test_a_reason_of_ones_own_is_soft_and_among_the_others() -> None:
    assert only('code = "dog_ate_it"') == RefusalReason(
        code="dog_ate_it", label="Dog ate it", group="other reasons"
    )


def test_what_an_entry_does_not_say_it_has_from_the_built_in_reason() -> None:
    assert only('code = "under_contract_until"\nlabel = "Bundet"') == RefusalReason(
        code="under_contract_until", label="Bundet", group="contract", needs=Needs.DATE
    )
    assert only('code = "never_by_phone"').hard
    assert only('code = "data_deletion_request"\ngroup = "other"').do_not_call
    assert only('code = "never_by_phone"\nhard = false').hard is False


def test_an_offer_counts_from_the_refusal_or_back_from_the_day() -> None:
    after = only('code = "price"\noffer = { campaign = "budget", after = "30d" }')
    assert after.offer == Offer(campaign="budget", after=30 * DAY)
    before = only('code = "under_contract_until"\noffer = { campaign = "budget", before = "60d" }')
    assert before.offer == Offer(campaign="budget", before=60 * DAY)


def test_a_reason_is_known_by_its_code_also_when_the_campaign_has_lost_it() -> None:
    own = with_reasons('code = "never_by_phone"\nlabel = "Aldri"')
    found = reason_named(own, "never_by_phone")
    assert found is not None
    assert found.label == "Aldri"
    lost = reason_named(with_reasons('code = "price"'), "never_by_phone")
    assert lost is not None
    assert lost.hard
    assert reason_named(own, "no_such_reason") is None
    assert reason_named(campaign(), None) is None


# What is written down besides

BOUND = next(reason for reason in built_in() if reason.code == "under_contract_until")
LOYAL = next(reason for reason in built_in() if reason.code == "loyalty")
DEAR = next(reason for reason in built_in() if reason.code == "too_expensive")


@pytest.mark.parametrize(
    ("reason", "written", "kept"),
    [
        (BOUND, "2027-03-01", "2027-03-01"),
        (BOUND, " 01.03.2027 ", "2027-03-01"),
        (BOUND, "1.3.2027", "2027-03-01"),
        (BOUND, "2026-06-01", "2026-06-01"),  # somewhere it is the first of June still
        (LOYAL, " Telia ", "Telia"),
        (DEAR, None, None),
        (DEAR, "  ", None),
        (DEAR, "pays 199", "pays 199"),
    ],
)
def test_what_can_be_written_down(reason: RefusalReason, written: str, kept: str | None) -> None:
    assert read_detail(reason, written, now=NOON) == kept


@pytest.mark.parametrize(
    ("reason", "written", "told"),
    [
        (BOUND, None, r"'under_contract_until' .* needs a date; add --detail 2027-03-01"),
        (BOUND, " ", "needs a date"),
        (BOUND, "next spring", "--detail 'next spring' is no date; write it like 2027-03-01"),
        (BOUND, "03/01/2027", "is no date"),
        (BOUND, "2026-05-31", "--detail 2026-05-31 is past"),
        (LOYAL, None, "needs words; add --detail "),
    ],
)
def test_what_is_missing_or_cannot_be_is_told(
    reason: RefusalReason, written: str | None, told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        read_detail(reason, written, now=NOON)


# When they are asked again


def test_after_a_while_or_before_the_day() -> None:
    after = Offer(campaign="budget", after=30 * DAY)
    assert offered_at(after, None, refused_at=NOON) == NOON + 30 * DAY
    assert offered_at(after, "2027-03-01", refused_at=NOON) == NOON + 30 * DAY
    before = Offer(campaign="budget", before=60 * DAY)
    assert offered_at(before, "2027-03-01", refused_at=NOON) == datetime(2026, 12, 31, tzinfo=UTC)


def test_a_day_that_is_near_means_at_once() -> None:
    before = Offer(campaign="budget", before=60 * DAY)
    assert offered_at(before, "2026-06-10", refused_at=NOON) == NOON


@given(
    days=st.integers(1, 366),
    until=st.dates(min_value=NOON.date(), max_value=(NOON + 3000 * DAY).date()),
    back=st.booleans(),
)
def test_nobody_is_asked_again_before_they_refused(days: int, until: object, back: bool) -> None:
    rest = days * DAY
    offer = Offer(campaign="b", before=rest) if back else Offer(campaign="b", after=rest)
    assert offered_at(offer, str(until), refused_at=NOON) >= NOON
