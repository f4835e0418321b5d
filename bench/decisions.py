"""Microseconds for each decision of the gates, with the facts in memory.

    python bench/decisions.py [--decisions 20000] [--rounds 5]

A call of a sales campaign to a consumer who may be in Florida or in Georgia, in two zones, at
an hour at which it is allowed: ten earlier calls to look through, a register asked, a consent
given. The floor is what any decision about hours has to do: tell the time in each zone. The
two take turns, so that a machine that is busy at times is so for both; the medians count.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from campaigns.decision import Facts
from campaigns.definition import read_definition
from campaigns.gates import evaluate
from campaigns.law import Laws
from campaigns.limits import PastCall
from campaigns.model import Campaign, CampaignState, LeadState, Outcome
from campaigns.rules.loading import load
from campaigns.rules.model import Place, Placing
from campaigns.rules.own import Own
from leads.consent_rules import Consent
from leads.model import E164, LeadId, Listed, Listing, NumberId, Registry

_GOAL_US = 50.0
_NOON = datetime(2026, 6, 2, 17, tzinfo=UTC)
_NUMBER = NumberId(13055550123)

_DEFINITION = """
name = "spring"
lists = ["florida"]
mode = "progressive"
trunk = "main"
caller_id = "+4721000000"
seller = "Example Telecom AS"
purpose = "sales"
[hours]
mon_fri = [["09:00", "19:00"]]
"""


def facts() -> Facts:
    """Return what is known of somebody who may be called, and of ten calls to them."""
    campaign = read_definition(_DEFINITION)
    assert isinstance(campaign, Campaign)
    laws = Laws(load(None, Own(max_per_day=3, max_per_week=12, other_hour=True)))
    placing = Placing(
        zones=("America/Chicago", "America/New_York"),
        places=(Place("US", "US-FL"), Place("US", "US-GA")),
    )
    law = laws.of(campaign, placing, "fixed_or_mobile", _NOON)
    consent = Consent(
        consent_id=1,
        lead_id=LeadId(1),
        kind="phone_marketing",
        source="web",
        given_at=_NOON - timedelta(days=90),
        proof="form 12",
        import_id=None,
        attempt_id=None,
        recorded_at=_NOON,
    )
    return Facts(
        now=_NOON,
        campaign=campaign,
        campaign_state=CampaignState.RUNNING,
        number=E164(f"+{_NUMBER}"),
        number_id=_NUMBER,
        law=law,
        rule_set=laws.rule_set(campaign),
        lead_id=1,
        lead_state=LeadState.NEW,
        on_list=True,
        in_segment=True,
        next_call_at=None,
        claimed=False,
        suppression=None,
        registries=tuple(_clear_of(rule.registry) for rule in law.registries),
        calls=tuple(_call(days) for days in range(2, 22, 2)),
        consents=(consent,),
    )


def _clear_of(name: str) -> Listing:
    registry = Registry(
        registry_id=1,
        name=name,
        as_of=date(2026, 6, 1),
        digest="",
        entries=1,
        file="",
        loaded_at=_NOON,
    )
    return Listing(registry, Listed.NO)


def _call(days: int) -> PastCall:
    dialed_at = _NOON - timedelta(days=days, hours=2)
    return PastCall(
        lead_id=1,
        number_id=_NUMBER,
        campaign="winter",
        seller="Example Telecom AS",
        dialed_at=dialed_at,
        ended_at=dialed_at + timedelta(seconds=25),
        outcome=Outcome.NO_ANSWER,
    )


def floor_of(known: Facts) -> Callable[[], object]:
    """Return what tells the time in each of a person's zones."""
    clocks = [ZoneInfo(zone) for zone in known.zones]
    return lambda: [known.now.astimezone(clock) for clock in clocks]


def main() -> None:
    """Measure both in turns, and print the medians."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--decisions", type=int, default=20_000)
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    known = facts()
    assert evaluate(known).callable, evaluate(known).refusals
    floor, times = floor_of(known), range(given.decisions)
    bare: list[float] = []
    ours: list[float] = []
    for _ in range(given.rounds):
        started = time.perf_counter()
        for _ in times:
            floor()
        bare.append(time.perf_counter() - started)
        started = time.perf_counter()
        for _ in times:
            evaluate(known)
        ours.append(time.perf_counter() - started)
    theirs, our = (statistics.median(found) / given.decisions * 1e6 for found in (bare, ours))
    asked = len(known.law.rules)
    print(f"the time in each zone  {theirs:6.2f} us")
    print(f"a decision             {our:6.2f} us by {asked} rules; the goal is {_GOAL_US:.0f} us")
    print(f"ratio                  {our / theirs:6.2f}")


if __name__ == "__main__":
    main()
