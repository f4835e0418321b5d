"""Past calls judged again, and the shares of abandoned calls by tables made by hand."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.abandonment import AnsweredCall, Measuring, Share, rings_s, wait_s
from campaigns.audit_text import document, lines, summary
from campaigns.audit_values import Abandonment, Audit, NotAllowed
from campaigns.decision import Refusal
from campaigns.law import Laws
from campaigns.limits import ANSWERED, PastCall
from campaigns.model import DialMode, DispositionKind, Outcome, PastAttempt
from campaigns.rejudging import (
    PastDecision,
    Rejudged,
    Rules,
    attempts_as_they_stood,
    calls_as_they_stood,
    moment_of,
    placing_in,
    rejudge,
)
from campaigns.rules.loading import load
from campaigns.rules.model import AbandonmentRule, AbandonPeriod, Place
from campaigns.rules.own import Own
from leads.consent_rules import Consent
from leads.model import LeadId, Listed, Listing, Registry, Suppression
from tests.unit.campaigns.examples import campaign, utc

NOON = utc("2026-06-02T16:00")  # a Tuesday, 12:00 in New York
SECOND = timedelta(seconds=1)
BOOK = load(None, Own())
FLORIDA = {"places": ["US-FL"], "zones": ["America/New_York"], "rules": []}
NORWAY = {"places": ["NO"], "zones": ["Europe/Oslo"], "rules": []}


# Abandoned calls, by each jurisdiction's own formula


def the_rule(rule_id: str) -> AbandonmentRule:
    found = BOOK.rule(rule_id)
    assert isinstance(found, AbandonmentRule)
    return found


FCC, CANADA, OFCOM = map(the_rule, ("us.fcc.abandon", "ca.abandon", "gb.ofcom.guard"))


def answered(outcome: Outcome = Outcome.CONNECTED, **more: object) -> AnsweredCall:
    values = {
        "at": NOON,
        "zones": ("America/New_York",),
        "by_agent": outcome is Outcome.CONNECTED,
        "waited_s": 0.4 if outcome is Outcome.CONNECTED else None,
    }
    return AnsweredCall(outcome=outcome, **values | more)  # type: ignore[arg-type]


TALK = answered()
LATE = answered(waited_s=2.001)
JUST_IN_TIME = answered(waited_s=2.0)
MACHINE = answered(disposition=DispositionKind.MACHINE)
LEFT_MESSAGE = answered(disposition=DispositionKind.LEFT_MESSAGE)
NOBODY_THERE = answered(disposition=DispositionKind.NO_CONTACT)
ABANDONED = answered(Outcome.ABANDONED)
WAITING = answered(Outcome.HUNG_UP_WAITING)
EARLY = answered(Outcome.HUNG_UP_EARLY)
FAX = answered(Outcome.FAX)


def shares(rule: AbandonmentRule, calls: list[AnsweredCall]) -> tuple[Share, ...]:
    measuring = Measuring(rule, NOON.date())
    for call in calls:
        measuring.add(call)
    return measuring.shares()


def the_share(rule: AbandonmentRule, *calls: AnsweredCall) -> Share:
    (found,) = shares(rule, [*calls])
    return found


@pytest.mark.parametrize(
    ("rule", "calls", "numerator", "denominator", "rate", "kept"),
    [
        # US: everybody who answered, whoever got nobody within two seconds.
        (FCC, 97 * [TALK] + 3 * [ABANDONED], 3, 100, 0.03, True),
        (FCC, 96 * [TALK] + 3 * [ABANDONED], 3, 99, 3 / 99, False),
        (FCC, 97 * [TALK] + 2 * [ABANDONED] + [LATE], 3, 100, 0.03, True),
        (FCC, 97 * [TALK] + 3 * [ABANDONED] + [LATE], 4, 101, 4 / 101, False),
        (FCC, [JUST_IN_TIME], 0, 1, 0.0, True),
        (FCC, [LATE], 1, 1, 1.0, False),
        (FCC, [TALK, WAITING, ABANDONED], 1, 3, 1 / 3, False),
        # Nothing that may have been a machine makes the share smaller.
        (FCC, [TALK, ABANDONED, MACHINE, LEFT_MESSAGE, NOBODY_THERE, EARLY, FAX], 1, 2, 0.5, False),
        (FCC, [MACHINE, EARLY, FAX], 0, 0, None, None),
        (FCC, [replace(LATE, disposition=DispositionKind.MACHINE), TALK], 0, 1, 0.0, True),
        # Canada: the same count, and five in a hundred.
        (CANADA, 95 * [TALK] + 4 * [ABANDONED] + [LATE], 5, 100, 0.05, True),
        (CANADA, 95 * [TALK] + 5 * [ABANDONED] + [LATE], 6, 101, 6 / 101, False),
        # Britain: x = abandoned less the machines' share, y = passed to an agent by a person.
        (OFCOM, 97 * [TALK] + 3 * [ABANDONED], 3, 100, 0.03, True),
        (OFCOM, 6 * [TALK] + 2 * [MACHINE] + 4 * [ABANDONED], 3, 10, 0.3, False),
        (OFCOM, 3 * [MACHINE] + 4 * [ABANDONED], 0, 4, 0.0, True),
        (OFCOM, [ABANDONED], 1, 1, 1.0, False),
        (OFCOM, [TALK, LATE, WAITING], 0, 2, 0.0, True),
        (OFCOM, [TALK, answered(by_agent=False), ABANDONED], 1, 2, 0.5, False),
    ],
)
def test_a_share_is_what_its_formula_says(
    rule: AbandonmentRule,
    calls: list[AnsweredCall],
    numerator: float,
    denominator: float,
    rate: float | None,
    kept: bool | None,
) -> None:
    found = the_share(rule, *calls)
    assert (found.numerator, found.denominator) == (numerator, denominator)
    assert (found.rate, found.kept) == (rate, kept)


def test_a_share_tells_the_counters_that_its_rule_names() -> None:
    assert the_share(FCC, TALK, ABANDONED, LATE).counters == {
        "abandoned": 1,
        "connected_late": 1,
        "amd_false_positive_estimate": 0,
        "human_answered": 3,
    }
    assert the_share(OFCOM, TALK, MACHINE, ABANDONED).counters == {
        "abandoned": 1,
        "amd_false_positive_estimate": 0,
        "machine_share_of_abandoned": 0.5,
        "passed_to_agent_human": 1,
    }


def test_a_rule_without_a_most_is_measured_and_neither_kept_nor_broken() -> None:
    rule = replace(FCC, max_rate=None)
    assert (the_share(rule, ABANDONED).rate, the_share(rule, ABANDONED).kept) == (1.0, None)


def at(moment: str, zone: str = "America/New_York", outcome: Outcome = Outcome.ABANDONED):
    return answered(outcome, at=utc(moment), zones=(zone,) if zone else ())


def days(rule: AbandonmentRule, *calls: AnsweredCall) -> list[tuple[str, str]]:
    return sorted((str(one.begins), str(one.ends)) for one in shares(rule, [*calls]))


def test_blocks_of_days_follow_each_other_from_the_campaigns_first_day() -> None:
    assert FCC.n == 30
    assert days(FCC, at("2026-06-02T00:00"), at("2026-07-01T23:59:59")) == [
        ("2026-06-02", "2026-07-01")
    ]
    assert days(FCC, at("2026-07-01T23:59:59"), at("2026-07-02T00:00")) == [
        ("2026-06-02", "2026-07-01"),
        ("2026-07-02", "2026-07-31"),
    ]


def test_a_day_is_that_of_the_person_called() -> None:
    assert days(OFCOM, at("2026-06-02T22:59:59", "Europe/London")) == [("2026-06-02", "2026-06-02")]
    assert days(OFCOM, at("2026-06-02T23:00:00", "Europe/London")) == [("2026-06-03", "2026-06-03")]
    assert days(OFCOM, at("2026-06-02T23:59:59", "")) == [("2026-06-02", "2026-06-02")]


def test_a_month_is_that_of_the_person_called() -> None:
    assert days(CANADA, at("2026-12-01T04:59:59", "America/Toronto")) == [
        ("2026-11-01", "2026-11-30")
    ]
    assert days(CANADA, at("2026-12-01T05:00:00", "America/Toronto")) == [
        ("2026-12-01", "2026-12-31")
    ]
    assert days(CANADA, at("2028-02-10T12:00:00", "America/Toronto")) == [
        ("2028-02-01", "2028-02-29")
    ]


def test_the_worst_period_comes_first() -> None:
    calls = [
        at("2026-06-03T12:00", outcome=Outcome.CONNECTED),
        at("2026-06-04T12:00"),
        at("2026-06-04T12:01", outcome=Outcome.CONNECTED),
        at("2026-06-05T12:00"),
    ]
    found = shares(OFCOM, [replace(call, by_agent=True) for call in calls])
    assert [(str(one.begins), one.rate) for one in found] == [
        ("2026-06-05", 1.0),
        ("2026-06-04", 0.5),
        ("2026-06-03", 0.0),
    ]


HOURS = replace(FCC, period=AbandonPeriod.ROLLING_HOURS, n=24)


def test_hours_roll_on_and_the_worst_of_each_day_is_told() -> None:
    lost, had = at("2026-06-02T12:00"), at("2026-06-03T11:59:59", outcome=Outcome.CONNECTED)
    later = at("2026-06-03T12:00", outcome=Outcome.CONNECTED)
    assert [one.rate for one in shares(HOURS, [lost, had])] == [1.0, 0.5]
    worst, best = shares(HOURS, [lost, later])
    assert (worst.rate, worst.ends) == (1.0, lost.at)
    assert (best.rate, best.begins, best.ends) == (0.0, lost.at, later.at)


@given(
    st.lists(
        st.builds(
            answered,
            st.sampled_from(sorted(ANSWERED)),
            at=st.datetimes(datetime(2026, 6, 2), datetime(2026, 6, 6)).map(  # noqa: DTZ001
                lambda moment: moment.replace(tzinfo=NOON.tzinfo)
            ),
            disposition=st.none() | st.sampled_from(DispositionKind),
            by_agent=st.booleans(),
            waited_s=st.none() | st.floats(0, 5),
        ),
        min_size=1,
        max_size=30,
    ),
    st.integers(1, 48),
)
def test_rolling_hours_say_what_each_window_says_by_itself(
    calls: list[AnsweredCall], hours: int
) -> None:
    calls.sort(key=lambda call: call.at)
    rule = replace(HOURS, n=hours)
    rates: dict[date, float] = {}
    for place, call in enumerate(calls):
        since = call.at - timedelta(hours=hours)
        window = [one for one in calls[: place + 1] if one.at > since]
        rate = the_share(replace(FCC, n=10_000), *window).rate
        day = call.at.date()
        rates[day] = max(rates.get(day, -1.0), -1.0 if rate is None else rate)
    found = {
        one.ends.astimezone(NOON.tzinfo).date(): -1.0 if one.rate is None else one.rate
        for one in shares(rule, calls)
        if isinstance(one.ends, datetime)
    }
    assert found == rates


# Judging again


def rules(**changes: object) -> Rules:
    kept = campaign(**changes)
    laws = Laws(BOOK)
    return Rules(rule_set=laws.rule_set(kept), laws=laws, campaign=kept)


POLITICAL = rules(purpose="political")
SALES = rules()


def past(**changes: object) -> PastDecision:
    values = {
        "lead_id": 1,
        "number_id": 13055550123,
        "line": "mobile",
        "judged_at": NOON,
        "decision": FLORIDA,
    }
    return PastDecision(**values | changes)  # type: ignore[arg-type]


def refused(by: Rules = POLITICAL, **changes: object) -> list[tuple[str, str]]:
    found = rejudge(past(**changes), by)
    assert isinstance(found, Rejudged), found
    return [(one.gate, one.rule) for one in found.refusals]


def test_a_call_by_day_was_allowed_and_one_by_night_was_not() -> None:
    night = utc("2026-06-03T01:00")  # 21:00 in New York
    hours = [rule for gate, rule in refused(SALES, judged_at=night) if gate == "hours"]
    assert hours == ["us.hours", "us-fl.hours"]
    assert "hours" not in dict(refused(SALES, judged_at=night - timedelta(hours=2)))
    assert refused() == []


def test_where_the_person_was_is_what_was_kept_with_the_call() -> None:
    assert placing_in(FLORIDA).places == (Place("US", "US-FL"),)  # type: ignore[union-attr]
    assert placing_in(NORWAY).places == (Place("NO"),)  # type: ignore[union-attr]
    assert placing_in({"zones": ["Europe/Oslo"]}) is None
    told = rejudge(past(decision={"rules": []}), SALES)
    assert told == "where the person was is not kept with it"
    assert refused(decision={"places": [], "zones": ["Europe/Oslo"]}) == [
        ("place", "country_unknown")
    ]


def test_a_wish_that_reached_the_call_counts() -> None:
    assert refused(suppression=Suppression(subject="+13055550123")) == [
        ("suppression", "do_not_call:all")
    ]


def earlier(hours_ago: float, **more: object) -> PastCall:
    dialed_at = NOON - timedelta(hours=hours_ago)
    values = {
        "lead_id": 1,
        "number_id": 13055550123,
        "campaign": "tariff-switch",
        "seller": "Example Telecom AS",
        "dialed_at": dialed_at,
        "ended_at": dialed_at + 25 * SECOND,
        "outcome": Outcome.FAILED,
    }
    return PastCall(**values | more)  # type: ignore[arg-type]


def test_a_fourth_call_in_24_hours_was_one_too_many_in_florida() -> None:
    three = tuple(earlier(hours) for hours in (3, 5, 23.99))
    assert ("caps", "us-fl.3in24") in refused(SALES, calls=three)
    assert "caps" not in dict(refused(SALES, calls=(*three[:2], earlier(24.0))))


def registry(as_of: str, listed: Listed, loaded_at: str = "2026-05-20T08:00") -> Listing:
    version = Registry(
        registry_id=1,
        name="us-ndncr",
        as_of=date.fromisoformat(as_of),
        digest="",
        entries=1,
        file="",
        loaded_at=utc(loaded_at),
    )
    return Listing(version, listed)


def by_registry(**changes: object) -> tuple[list[str], tuple[str, ...]]:
    found = rejudge(past(**changes), SALES)
    assert isinstance(found, Rejudged)
    return [one.rule for one in found.refusals if one.gate == "registry"], found.unknown


def asked(as_of: str) -> dict[str, object]:
    return FLORIDA | {"registries": {"us-ndncr": as_of}}


def test_the_registry_that_was_asked_must_have_been_there_and_young_enough() -> None:
    assert by_registry() == (["us.ndncr"], ())
    gone = "whether the registry us-ndncr as of 2026-05-02 listed the number"
    assert by_registry(decision=asked("2026-05-02")) == ([], (gone,))
    assert by_registry(decision=asked("2026-05-01"))[0] == ["us.ndncr"]


def test_whether_a_number_was_listed_is_known_of_a_version_that_is_here_still() -> None:
    may = asked("2026-05-20")
    on, off = registry("2026-05-20", Listed.YES), registry("2026-05-20", Listed.NO)
    assert by_registry(decision=may, listings=(on,)) == (["us.ndncr"], ())
    assert by_registry(decision=may, listings=(off,)) == ([], ())
    for other in (
        registry("2026-05-21", Listed.YES),
        registry("2026-05-20", Listed.YES, loaded_at="2026-06-02T16:00:01"),
        registry("2026-05-20", Listed.UNKNOWN),
    ):
        refusing, unknown = by_registry(decision=may, listings=(other,))
        assert (refusing, len(unknown)) == ([], 1)


def test_of_a_registry_of_those_who_may_be_called_the_call_itself_is_the_word() -> None:
    turkey = {"places": ["TR"], "zones": ["Europe/Istanbul"], "rules": []}
    noon = utc("2026-06-02T09:00")

    def refusing(decision: dict[str, object]) -> list[str]:
        found = refused(SALES, decision=decision, judged_at=noon)
        return [rule for gate, rule in found if gate == "registry"]

    assert refusing(turkey) == ["tr.iys"]
    assert refusing(turkey | {"registries": {"tr-iys": "2026-06-01"}}) == []
    assert refusing(turkey | {"registries": {"tr-iys": "2026-05-29"}}) == ["tr.iys"]


def consent(recorded_at: datetime, **more: object) -> Consent:
    values = {
        "consent_id": 1,
        "lead_id": LeadId(1),
        "kind": "phone_marketing",
        "source": "web",
        "given_at": NOON - timedelta(days=9),
        "proof": "form 12",
        "import_id": None,
        "attempt_id": None,
    }
    return Consent(recorded_at=recorded_at, **values | more)  # type: ignore[arg-type]


def test_a_consent_counts_from_when_the_base_knew_of_it_until_it_was_withdrawn() -> None:
    def missing(*consents: Consent) -> bool:
        return ("consent", "us-fl.ftsa") in refused(SALES, consents=consents)

    assert missing()
    assert not missing(consent(NOON))
    assert missing(consent(NOON + SECOND))
    assert missing(consent(NOON, withdrawn_at=NOON))
    assert not missing(consent(NOON, withdrawn_at=NOON + SECOND))


def test_of_the_erased_what_went_with_them_is_not_held_against_the_call() -> None:
    found = rejudge(past(number_id=None, line="", judged_at=utc("2026-06-03T01:00")), SALES)
    assert isinstance(found, Rejudged)
    assert {one.gate for one in found.refusals} == {"hours"}
    assert found.unknown == ("what an erased person wished and agreed to",)


def test_a_number_must_have_rested_after_its_last_outcome() -> None:
    def rested(minutes: float, **more: object) -> list[tuple[str, str]]:
        ended_at = NOON - timedelta(minutes=minutes)
        attempt = PastAttempt(lead_id=1, outcome=Outcome.BUSY, ended_at=ended_at, **more)  # type: ignore[arg-type]
        return refused(attempts=(attempt,))

    assert rested(15) == []
    assert rested(14.99) == [("attempts", "retry:busy")]


def test_a_promise_may_have_been_moved_to_the_moment_of_the_call() -> None:
    promise = PastAttempt(
        lead_id=1,
        outcome=Outcome.CONNECTED,
        ended_at=NOON - timedelta(hours=3),
        disposition=DispositionKind.CALLBACK,
        callback_at=NOON + timedelta(days=1),
    )
    assert refused(attempts=(promise,)) == []
    said_no = replace(promise, disposition=DispositionKind.REFUSAL)
    assert refused(attempts=(said_no,)) == [("attempts", "disposition:refusal")]


def test_a_hand_dialled_call_is_judged_at_the_moment_of_its_claim_where_that_is_known() -> None:
    taken = {"at": "2026-06-02T15:50:00Z"}
    assert moment_of(NOON, DialMode.MANUAL, taken) == utc("2026-06-02T15:50")
    assert moment_of(NOON, DialMode.MANUAL, {}) == NOON
    assert moment_of(NOON, DialMode.PROGRESSIVE, taken) == NOON
    assert moment_of(NOON, DialMode.MANUAL, {"at": "2026-06-02T16:00:01Z"}) == NOON


def test_what_became_known_later_did_not_count_then() -> None:
    call = earlier(1)
    assert call.ended_at is not None
    (ended,) = calls_as_they_stood([call], call.ended_at)
    (going_on,) = calls_as_they_stood([call], call.ended_at - SECOND)
    assert ended == call
    assert (going_on.ended_at, going_on.outcome) == (None, None)

    attempt = PastAttempt(
        lead_id=1,
        outcome=Outcome.CONNECTED,
        ended_at=NOON,
        disposition=DispositionKind.REFUSAL,
        code="refusal",
    )
    said_at = NOON + 30 * SECOND
    assert attempts_as_they_stood([(attempt, said_at)], NOON - SECOND) == ()
    (unsaid,) = attempts_as_they_stood([(attempt, said_at)], said_at - SECOND)
    assert (unsaid.disposition, unsaid.code, unsaid.outcome) == (None, None, Outcome.CONNECTED)
    assert attempts_as_they_stood([(attempt, said_at)], said_at) == (attempt,)


# What is told


AUDIT = Audit(
    attempts=4,
    allowed=1,
    not_allowed=[
        NotAllowed(
            attempt_id=7,
            lead_id=3,
            mode="manual",
            dialed_at=NOON,
            judged_at=NOON - timedelta(minutes=5),
            rule_set="0" * 12,
            refusals=(Refusal(gate="hours", rule="us.hours", why="at night", source="16 CFR"),),
        )
    ],
    abandonment=(Abandonment(rule=OFCOM, shares=shares(OFCOM, [TALK, ABANDONED])),),
    not_measured=1,
)
AUDIT.not_judged["the rules x are not kept in this base"] += 2


def test_a_document_tells_all_of_it() -> None:
    told = document(AUDIT)
    (call,) = told["not_allowed"]  # type: ignore[misc]
    assert (call["attempt_id"], call["judged_at"]) == (7, "2026-06-02T15:55:00Z")
    assert call["refusals"] == [
        {"gate": "hours", "rule": "us.hours", "why": "at night", "source": "16 CFR", "until": None}
    ]
    assert told["not_judged"] == [{"why": "the rules x are not kept in this base", "attempts": 2}]
    (measured,) = told["abandonment"]  # type: ignore[misc]
    assert (measured["rule"], measured["jurisdiction"]) == ("gb.ofcom.guard", "gb")
    (period,) = measured["periods"]
    assert (period["begins"], period["rate"], period["kept"]) == ("2026-06-02", 0.5, False)


def test_the_lines_tell_what_is_wrong_and_the_summary_adds_up() -> None:
    told = "\n".join(lines(AUDIT))
    assert "attempt 7, lead 3, dialed 2026-06-02 16:00 UTC, taken 2026-06-02 15:55 UTC" in told
    assert "hours: us.hours: at night\n    source: 16 CFR" in told
    assert "2026-06-02: 50.00% (1 of 2; abandoned 1," in told
    assert told.endswith("at most 3.00%: NOT KEPT")
    assert next(summary(AUDIT)) == "4 attempts, 2 of them judged: 1 allowed, 1 not allowed"
    assert "not judged: 2, because the rules x are not kept in this base" in [*summary(AUDIT)]


def test_every_shipped_rule_is_measured() -> None:
    measured = {
        rule.id: the_share(rule, ABANDONED).rate
        for file in BOOK.all()
        for rule in file.rules
        if isinstance(rule, AbandonmentRule)
    }
    assert {"us.fcc.abandon", "us.ftc.abandon", "ca.abandon", "gb.ofcom.guard"} <= measured.keys()
    assert {rate for rule, rate in measured.items() if BOOK.rule(rule).max_rate} == {1.0}  # type: ignore[union-attr]


# How long a person waits


@pytest.mark.parametrize(
    ("connect_s", "message_s", "wait"),
    [(None, None, 2.0), (1.5, None, 1.5), (2.5, 1.2, 1.2), (2.5, 3.0, 2.0), (0.0, None, 0.0)],
)
def test_the_strictest_rule_says_how_long_a_person_waits(
    connect_s: float | None, message_s: float | None, wait: float
) -> None:
    rule = replace(FCC, connect_within_s=connect_s, message_within_s=message_s)
    assert wait_s([rule], 2.0) == wait
    assert wait_s([CANADA, rule, OFCOM], 2.0) == wait
    assert wait_s([], 2.0) == 2.0


@pytest.mark.parametrize(
    ("asked_s", "rung_s"), [(6, 15), (14, 15), (15, 15), (25, 25), (40, 40), (41, 40), (60, 40)]
)
def test_a_telephone_rings_as_long_as_the_campaign_says_within_what_the_rules_allow(
    asked_s: int, rung_s: int
) -> None:
    german = replace(FCC, min_ring_s=15, max_ring_s=40)
    assert rings_s([CANADA, german], asked_s) == rung_s
    assert rings_s([], asked_s) == asked_s
    # Whoever may be in either of two places is not cut off while they get up.
    assert rings_s([german, replace(FCC, min_ring_s=50, max_ring_s=None)], asked_s) == 50
