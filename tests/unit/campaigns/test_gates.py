"""Every gate is asked, and each refusal says by which rule and until when."""

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

import campaigns.law as law_module
from campaigns.decision import Facts, Refusal
from campaigns.examining import HELD_BY_GATES
from campaigns.gates import GATES, decision_document, evaluate, explain_document
from campaigns.law import Laws
from campaigns.model import (
    CampaignState,
    DialMode,
    DispositionKind,
    GiveUp,
    LeadState,
    MoveTo,
    Outcome,
    PastAttempt,
    Retry,
)
from campaigns.rules.model import Place, Placing
from campaigns.scripts.settings import ScriptFiles
from leads.consent_rules import Consent
from leads.model import (
    E164,
    LeadId,
    Listed,
    Listing,
    Registry,
    Suppression,
    SuppressionScope,
    number_id,
)
from tests.unit.campaigns.examples import campaign, hours, utc, windows
from tests.unit.campaigns.judging import laws, own_file, past, rule

NOW = utc("2026-12-01T12:00")  # a Tuesday, 13:00 in Oslo
NUMBER = E164("+4721000099")
DAYTIME = hours(windows("10:00-20:00"))
EVENING = hours(windows("17:00-20:00"))
SAID = [None, *DispositionKind]
NORWAY = Registry(
    registry_id=1,
    name="norway",
    as_of=date(2026, 11, 1),
    digest="d" * 64,
    entries=3,
    file="reservations.csv",
    loaded_at=utc("2026-11-02T08:00"),
)
SWEDEN = replace(NORWAY, registry_id=2, name="sweden")

RULES = rule(
    "cap",
    'max = 1\nper = { kind = "rolling_hours", n = 24 }\ncount = "conversations"',
    name="talks",
) + rule(
    "cooldown", 'after = "abandoned"\nwait = { kind = "rolling_hours", n = 72 }', name="silence"
)
LAWS = laws(own_file(RULES), allow_without_rules=frozenset({"AQ"}))
"""Two limits of the operator's own, and a place where no law holds."""

AT_HOME = Placing(zones=("Europe/Oslo",), places=(Place("AQ"),))
ALL_DAY = campaign(hours=DAYTIME)


def facts(*, placing: Placing = AT_HOME, by: Laws = LAWS, **changes: Any) -> Facts:
    """A new lead whom nothing keeps from being called, but for some changes."""
    asked = changes.get("campaign", ALL_DAY)
    now = changes.get("now", NOW)
    values = {
        "now": now,
        "campaign": asked,
        "campaign_state": CampaignState.RUNNING,
        "number": NUMBER,
        "number_id": number_id(NUMBER),
        "law": by.of(asked, placing, "fixed", now),
        "rule_set": by.rule_set(asked),
        "lead_id": 1,
        "lead_state": LeadState.NEW,
        "on_list": True,
        "in_segment": True,
        "next_call_at": None,
        "claimed": False,
        "suppression": None,
        "registries": (),
    }
    return Facts(**values | changes)


def the_refusal(**changes: Any) -> Refusal:
    (refusal,) = evaluate(facts(**changes)).refusals
    return refusal


def ended(outcome: Outcome, *, ago: timedelta = timedelta(), **said: Any) -> PastAttempt:
    return PastAttempt(lead_id=1, outcome=outcome, ended_at=NOW - ago, **said)


def entry(scope: SuppressionScope, name: str = "", reason: str | None = None) -> Suppression:
    return Suppression(subject=NUMBER, scope=scope, scope_name=name, reason=reason)


def test_nothing_in_the_way_is_callable() -> None:
    decision = evaluate(facts())
    assert decision.refusals == ()
    assert decision.callable
    assert decision.until is None


@pytest.mark.parametrize("state", [CampaignState.PAUSED, CampaignState.STOPPED])
def test_a_campaign_that_does_not_run_names_the_command_that_starts_it(
    state: CampaignState,
) -> None:
    refusal = the_refusal(campaign_state=state)
    assert (refusal.gate, refusal.rule, refusal.until) == ("state", "campaign_state", None)
    assert refusal.why == f"campaign is {state}; run: ringbank campaigns start tariff-switch"


@pytest.mark.parametrize("change", [{"claimed": True}, {"lead_state": LeadState.IN_CALL}])
def test_nobody_gets_a_person_whom_somebody_has(change: dict[str, object]) -> None:
    refusal = the_refusal(**change)
    assert (refusal.gate, refusal.rule) == ("state", "claimed")


def test_whom_where_does_not_mean_is_refused_by_the_list() -> None:
    refusal = the_refusal(campaign=campaign(where='city =\n "Oslo"'), in_segment=False)
    assert (refusal.gate, refusal.rule, refusal.until) == ("list", "where", None)
    assert refusal.why == 'does not match where: city = "Oslo"'
    assert refusal.source == "campaign file: where"
    assert the_refusal(on_list=False, in_segment=False).rule == "on_list"


def test_a_number_on_no_list_is_refused_by_the_list_and_evaluated_by_the_rest() -> None:
    refusal = the_refusal(on_list=False, lead_id=None, lead_state=None)
    assert (refusal.gate, refusal.until) == ("list", None)
    assert "bought-base-2026" in refusal.why


@pytest.mark.parametrize(
    ("suppression", "why"),
    [
        (entry(SuppressionScope.ALL), "not to be called by anybody (scope all)"),
        (
            entry(SuppressionScope.SELLER, "Example Telecom AS", "letter of 3 May"),
            "not to be called by Example Telecom AS (scope seller): letter of 3 May",
        ),
        (
            entry(SuppressionScope.CAMPAIGN, "tariff-switch"),
            "not to be called by tariff-switch (scope campaign)",
        ),
    ],
)
def test_a_suppression_tells_its_scope_and_reason(suppression: Suppression, why: str) -> None:
    refusal = the_refusal(suppression=suppression)
    assert (refusal.gate, refusal.rule) == ("suppression", f"do_not_call:{suppression.scope}")
    assert (refusal.why, refusal.source) == (why, "do-not-call list")
    assert refusal.until is None


@pytest.mark.parametrize(
    ("listed", "rule", "why"),
    [
        (Listed.YES, "registry:norway", "is in the registry norway"),
        (Listed.UNKNOWN, "registry_unknown:norway", "is not known; load it again: ringbank dnc"),
        (Listed.OTHER_FILE, "registry_file:norway", "is another one; load it again: ringbank dnc"),
    ],
)
def test_a_registry_refuses_whom_it_lists_and_whom_it_was_not_asked_about(
    listed: Listed, rule: str, why: str
) -> None:
    refusal = the_refusal(registries=(Listing(NORWAY, listed),))
    assert (refusal.gate, refusal.rule, refusal.until) == ("registry", rule, None)
    assert refusal.source == "norway as of 2026-11-01"
    assert why in refusal.why


def test_every_registry_that_refuses_is_told() -> None:
    unknown, listed = Listing(NORWAY, Listed.UNKNOWN), Listing(SWEDEN, Listed.YES)
    refusals = evaluate(facts(registries=(unknown, listed))).refusals
    assert [one.rule for one in refusals] == ["registry_unknown:norway", "registry:sweden"]
    assert evaluate(facts(registries=(Listing(NORWAY, Listed.NO),))).callable


def agreed(kind: str, *, ago: timedelta = timedelta(days=9), **ends: object) -> Consent:
    return Consent(
        kind=kind,
        source="web form",
        given_at=NOW - ago,
        consent_id=1,
        lead_id=LeadId(1),
        import_id=None,
        attempt_id=None,
        recorded_at=NOW,
        **ends,  # type: ignore[arg-type]
    )


ASKS = campaign(consent=("phone_marketing", "recording"))


def test_every_consent_that_a_campaign_asks_for_has_to_be_in_force() -> None:
    both = (agreed("recording"), agreed("phone_marketing"))
    assert evaluate(facts(campaign=ASKS, consents=both)).callable
    refusal = the_refusal(campaign=ASKS, consents=both[:1])
    assert (refusal.gate, refusal.rule) == ("consent", "consent:phone_marketing")
    assert refusal.why == "never gave the consent 'phone_marketing'"
    assert (refusal.source, refusal.until) == ("campaign file: consent", None)


def test_a_consent_that_ended_tells_how_and_all_that_are_missing_are_told() -> None:
    withdrawn = agreed("phone_marketing", withdrawn_at=NOW, withdrawn_reason="by e-mail")
    expired = agreed("recording", expires_at=NOW)
    refusal = the_refusal(campaign=ASKS, consents=(withdrawn, expired))
    assert refusal.rule == "consent:phone_marketing"
    assert refusal.why == (
        "withdrew the consent 'phone_marketing' on 2026-12-01 (by e-mail); "
        "the consent 'recording' expired on 2026-12-01"
    )
    before = NOW - timedelta(seconds=1)
    earlier = facts(now=before, campaign=ASKS, consents=(withdrawn, expired))
    assert evaluate(earlier).callable


def test_a_campaign_that_asks_for_no_consent_needs_none() -> None:
    assert evaluate(facts(consents=())).callable


def test_closed_hours_tell_the_zone_and_the_next_opening() -> None:
    refusal = the_refusal(campaign=campaign(hours=EVENING))
    assert (refusal.gate, refusal.rule, refusal.source) == (
        "hours",
        "hours",
        "campaign file: [hours]",
    )
    assert "Tuesday 13:00 in Europe/Oslo" in refusal.why
    assert refusal.until == utc("2026-12-01T16:00")


def test_the_days_of_a_campaign_belong_to_the_gate_of_hours() -> None:
    early = the_refusal(campaign=campaign(starts=date(2026, 12, 24)))
    assert (early.gate, early.rule, early.source) == ("hours", "starts", "campaign file: starts")
    assert early.until == utc("2026-12-23T23:00")
    late = the_refusal(campaign=campaign(ends=date(2026, 11, 30)))
    assert (late.rule, late.source, late.until) == ("ends", "campaign file: ends", None)


SOMEWHERE = replace(AT_HOME, zones=())


@pytest.mark.parametrize(
    ("asking", "mode"),
    [
        *product(
            ({"hours": DAYTIME}, {"starts": date(2026, 1, 1)}, {"ends": date(2027, 1, 1)}), DialMode
        ),
        *(({}, mode) for mode in DialMode if mode not in {DialMode.MANUAL, DialMode.PREVIEW}),
    ],
)
def test_an_unknown_zone_is_a_refusal_where_a_rule_or_a_machine_needs_it(
    asking: dict[str, object], mode: DialMode
) -> None:
    refusal = the_refusal(placing=SOMEWHERE, campaign=campaign(mode=mode, **asking))
    assert (refusal.gate, refusal.rule, refusal.until) == ("place", "zone_unknown", None)
    assert "--set told_zone=" in refusal.why


@pytest.mark.parametrize("mode", [DialMode.MANUAL, DialMode.PREVIEW])
def test_an_unknown_zone_does_no_harm_where_an_agent_calls_and_no_rule_asks(
    mode: DialMode,
) -> None:
    assert evaluate(facts(placing=SOMEWHERE, campaign=campaign(mode=mode))).callable


def test_an_unknown_country_is_a_refusal_and_so_is_one_without_rules() -> None:
    refusal = the_refusal(placing=replace(AT_HOME, places=()))
    assert (refusal.gate, refusal.rule, refusal.until) == ("place", "country_unknown", None)
    both = replace(AT_HOME, places=(Place("AQ"), Place("BV"), Place("TF")))
    assert [one.rule for one in evaluate(facts(placing=both)).refusals] == [
        "no_rules:BV",
        "no_rules:TF",
    ]


def test_a_limit_tells_its_rule_and_its_end() -> None:
    talk = past(NUMBER, NOW - timedelta(hours=1), Outcome.CONNECTED)
    capped = the_refusal(calls=(talk,))
    assert (capped.gate, capped.rule, capped.source) == ("caps", "ours.talks", "a wish")
    assert capped.until == NOW + timedelta(hours=23)
    silent = past(NUMBER, NOW - timedelta(hours=1), Outcome.ABANDONED)
    cooling = the_refusal(calls=(silent,))
    assert (cooling.gate, cooling.rule) == ("cooldown", "ours.silence")
    assert cooling.until == NOW + timedelta(hours=71)


def test_a_resting_lead_is_refused_until_its_rest_is_over() -> None:
    refusal = the_refusal(attempts=(ended(Outcome.BUSY, ago=timedelta(minutes=5)),))
    assert (refusal.gate, refusal.rule) == ("attempts", "retry:busy")
    assert refusal.source == "campaign file: [retry]"
    assert refusal.until == NOW + timedelta(minutes=10)
    assert evaluate(facts(attempts=(ended(Outcome.BUSY, ago=timedelta(minutes=15)),))).callable


@pytest.mark.parametrize(
    ("past", "rule", "source"),
    [
        (ended(Outcome.UNALLOCATED), "outcome:unallocated", "campaign file: [retry]"),
        (
            ended(Outcome.CONNECTED, disposition=DispositionKind.REFUSAL),
            "disposition:refusal",
            "result of an earlier call",
        ),
        (
            ended(Outcome.CONNECTED, disposition=DispositionKind.DO_NOT_CALL),
            "disposition:do_not_call",
            "result of an earlier call",
        ),
    ],
)
def test_a_lead_that_is_done_with_is_refused_for_good(
    past: PastAttempt, rule: str, source: str
) -> None:
    for state in (LeadState.DONE, LeadState.WAITING):
        refusal = the_refusal(attempts=(past,), lead_state=state)
        assert (refusal.gate, refusal.rule, refusal.until) == ("attempts", rule, None)
    assert refusal.source == source


AGAIN = Retry(after=timedelta(hours=1), max=1, then=MoveTo("other"))
GIVES_UP = Retry(after=timedelta(hours=1), max=1, then=GiveUp("never_there"))


@pytest.mark.parametrize("numbers", [1, 2])
@pytest.mark.parametrize("mode", DialMode)
def test_every_rule_about_attempts_has_a_source(mode: DialMode, numbers: int) -> None:
    endings = [
        (),
        *((ended(outcome, disposition=kind),) for outcome in Outcome for kind in SAID),
    ]
    entries: list[dict[str, Any]] = [{}, {"retry": dict.fromkeys(Outcome, AGAIN)}]
    entries.append({"retry": dict.fromkeys(Outcome, GIVES_UP)})
    told: set[str] = set()
    for limit, entry_of, before in product((1, 6), entries, endings):
        rules = campaign(mode=mode, max_attempts=limit, **entry_of)
        for refusal in evaluate(facts(campaign=rules, attempts=before, numbers=numbers)).refusals:
            assert refusal.source, (limit, before)
            told.add(refusal.rule.partition(":")[0])
    most = {"disposition", "moved", "gave_up", "retry", "outcome", "max_attempts"}
    assert told - {"broadcast"} == (most if numbers == 1 else most | {"next_number"})


PROMISED = NOW + timedelta(days=1)
TALK = ended(
    Outcome.CONNECTED,
    ago=timedelta(hours=1),
    disposition=DispositionKind.CALLBACK,
    callback_at=PROMISED,
)


def test_a_promised_callback_is_refused_until_its_time() -> None:
    refusal = the_refusal(attempts=(TALK,), lead_state=LeadState.CALLBACK, next_call_at=PROMISED)
    assert (refusal.rule, refusal.until) == ("disposition:callback", PROMISED)
    now = {"attempts": (TALK,), "lead_state": LeadState.CALLBACK, "now": PROMISED}
    assert evaluate(facts(**now)).callable


def test_a_callback_that_was_moved_counts_where_it_is_now() -> None:
    moved = {"attempts": (TALK,), "lead_state": LeadState.CALLBACK, "next_call_at": NOW}
    assert evaluate(facts(**moved)).callable
    later = PROMISED + timedelta(hours=1)
    assert the_refusal(**moved | {"next_call_at": later}).until == later


@pytest.mark.parametrize("state", [LeadState.DONE, LeadState.SUPPRESSED])
def test_a_lead_that_was_taken_out_is_not_callable(state: LeadState) -> None:
    refusal = the_refusal(lead_state=state)
    assert (refusal.gate, refusal.rule) == ("attempts", f"lead_state:{state}")
    assert refusal.why.endswith("ringbank campaigns start tariff-switch")


def test_a_lead_that_is_held_back_is_refused_until_then() -> None:
    later = NOW + timedelta(hours=1)
    refusal = the_refusal(next_call_at=later)
    assert (refusal.gate, refusal.until) == ("attempts", later)


def test_a_lead_that_the_hours_hold_back_is_refused_by_the_hours_alone() -> None:
    opens = utc("2026-12-01T16:00")
    refusal = the_refusal(campaign=campaign(hours=EVENING), next_call_at=opens)
    assert (refusal.gate, refusal.until) == ("hours", opens)


@pytest.mark.parametrize(
    ("outcome", "gate"), [(Outcome.CONNECTED, "caps"), (Outcome.ABANDONED, "cooldown")]
)
def test_a_lead_that_a_limit_holds_back_is_refused_by_the_limit_alone(
    outcome: Outcome, gate: str
) -> None:
    call = past(NUMBER, NOW - timedelta(hours=1), outcome)
    refusal = the_refusal(calls=(call,), next_call_at=NOW + timedelta(hours=1))
    assert refusal.gate == gate


WRONG: dict[str, dict[str, Any]] = {
    "state": {"campaign_state": CampaignState.PAUSED},
    "list": {"on_list": False},
    "suppression": {"suppression": entry(SuppressionScope.ALL)},
    "registry": {"registries": (Listing(NORWAY, Listed.YES),)},
    "consent": {"consents": ()},
    "place": {"placing": replace(AT_HOME, places=(Place("AQ"), Place("BV")))},
    "hours": {"campaign": campaign(hours=EVENING, consent=("recording",))},
    "caps": {"calls": (past(NUMBER, NOW, Outcome.CONNECTED),)},
    "cooldown": {"calls": (past(NUMBER, NOW, Outcome.ABANDONED),)},
    "attempts": {"attempts": (ended(Outcome.BUSY),)},
}
"""For each gate something that it alone refuses."""

ALL_RIGHT = {
    "campaign": campaign(hours=DAYTIME, consent=("recording",)),
    "consents": (agreed("recording"),),
}


@given(st.sets(st.sampled_from(sorted(WRONG))))
def test_every_gate_speaks_for_itself_and_none_is_left_out(wrong: set[str]) -> None:
    changes: dict[str, Any] = dict(ALL_RIGHT)
    for gate in wrong:
        for name, value in WRONG[gate].items():
            both = name == "calls" and name in changes
            changes[name] = changes[name] + value if both else value
    decision = evaluate(facts(**changes))
    assert [refusal.gate for refusal in decision.refusals] == [
        name for name, _ in GATES if name in wrong
    ]
    assert decision.callable == (not wrong)


def test_the_gates_stand_in_the_order_in_which_they_are_told() -> None:
    assert [name for name, _ in GATES] == [*WRONG] == [*HELD_BY_GATES]


def test_a_decision_ends_with_its_last_refusal_if_all_of_them_end() -> None:
    closed = {"campaign": campaign(hours=EVENING), "attempts": (ended(Outcome.NO_ANSWER),)}
    decision = evaluate(facts(**closed))
    assert [refusal.until for refusal in decision.refusals] == [
        utc("2026-12-01T16:00"),
        utc("2026-12-01T16:00"),
    ]
    busy = evaluate(facts(**closed | {"attempts": (ended(Outcome.BUSY),)}))
    assert busy.until == utc("2026-12-01T16:00")
    assert evaluate(facts(**closed, on_list=False)).until is None


# What is stored and shown of it


def test_the_document_of_a_callable_number() -> None:
    document = explain_document(evaluate(facts()), facts())
    assert document == {
        "number": "+4721000099",
        "at": "2026-12-01T12:00:00Z",
        "callable": True,
        "refusals": [],
        "zones": ["Europe/Oslo"],
        "jurisdictions": ["ours"],
        "rule_set": LAWS.rule_set(ALL_DAY),
        "until": None,
        "places": ["AQ"],
        "gates": {name: True for name, _ in GATES},
        "rules": ["ours.talks", "ours.silence"],
        "not_enforced": [],
        "loosened": [],
        "without_hours": ["AQ"],
    }


def test_the_document_tells_every_refusal_and_is_json() -> None:
    asked = facts(campaign=campaign(hours=EVENING), on_list=False)
    document = json.loads(json.dumps(explain_document(evaluate(asked), asked)))
    assert [refusal["gate"] for refusal in document["refusals"]] == ["list", "hours"]
    assert [refusal["until"] for refusal in document["refusals"]] == [None, "2026-12-01T16:00:00Z"]
    assert {key for refusal in document["refusals"] for key in refusal} == {
        "gate", "rule", "why", "source", "until",
    }  # fmt: skip
    assert (document["callable"], document["until"]) == (False, None)
    assert [gate for gate, right in document["gates"].items() if not right] == ["list", "hours"]


def test_the_document_tells_when_the_last_refusal_ends() -> None:
    asked = facts(campaign=campaign(hours=EVENING))
    assert explain_document(evaluate(asked), asked)["until"] == "2026-12-01T16:00:00Z"


def test_what_an_attempt_keeps_of_its_decision() -> None:
    agreement = replace(agreed("recording"), consent_id=7)
    asked = facts(consents=(agreement,), registries=(Listing(NORWAY, Listed.NO),))
    assert decision_document(asked) == {
        "at": "2026-12-01T12:00:00Z",
        "rules": ["ours.talks", "ours.silence"],
        "jurisdictions": ["ours"],
        "places": ["AQ"],
        "zones": ["Europe/Oslo"],
        "without_rules": ["AQ"],
        "registries": {"norway": "2026-11-01"},
        "consents": [7],
    }


def test_a_rule_set_is_the_same_for_the_same_rules() -> None:
    one = Retry(after=timedelta(hours=1), max=2)
    there = campaign(retry={Outcome.BUSY: one, Outcome.FAX: one}, questions=(), priority=1)
    back = campaign(
        retry={Outcome.FAX: one, Outcome.BUSY: one}, script=ScriptFiles(file="a.md"), priority=2
    )
    assert LAWS.rule_set(there) == LAWS.rule_set(back)
    assert re.fullmatch("[0-9a-f]{12}", LAWS.rule_set(there))


@pytest.mark.parametrize(
    "change",
    [
        {"hours": DAYTIME},
        {"hours": EVENING},
        {"starts": date(2026, 12, 1)},
        {"ends": date(2026, 12, 1)},
        {"retry": {}},
        {"retry": {Outcome.BUSY: Retry(after=timedelta(minutes=16), max=3)}},
        {"max_attempts": 7},
        {"where": 'city = "Oslo"'},
        {"ring_s": 26},
        {"mode": DialMode.BROADCAST},
        {"seller": "Another AS"},
        {"consent": ("recording",)},
        {"purpose": "survey"},
        {"audience": "business"},
        {"caller": "nonprofit"},
        {"voice": "synthetic"},
        {"topics": ("pensions",)},
    ],
)
def test_a_rule_set_changes_with_every_rule(change: dict[str, object]) -> None:
    assert LAWS.rule_set(campaign(**change)) != LAWS.rule_set(campaign())


def test_a_rule_set_changes_with_the_rule_book() -> None:
    mine = campaign()
    assert len({one.rule_set(mine) for one in (LAWS, laws(), laws(max_per_day=1))}) == 3


def test_a_rule_book_that_many_campaigns_ask_forgets_and_answers_the_same() -> None:
    """What is kept is bounded, and whom a freed campaign's place in memory goes to is not it."""
    with patch.object(law_module, "_KEPT_AT_MOST", 2):
        by = laws(own_file(RULES))
        asked = [campaign(ring_s=ring_s) for ring_s in range(20, 26)]
        once = [(by.rule_set(one), by.of(one, AT_HOME, "fixed", NOW).ring_s) for one in asked]
        again = [(by.rule_set(one), by.of(one, AT_HOME, "fixed", NOW).ring_s) for one in asked]
    assert once == again
    assert [ring_s for _, ring_s in once] == list(range(20, 26))
    assert len({name for name, _ in once}) == len(asked)
