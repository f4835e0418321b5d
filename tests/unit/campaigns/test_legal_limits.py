"""What earlier calls forbid, by the rules that came with Ringbank; each edge from both sides."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from campaigns.gates import evaluate
from campaigns.model import Campaign, DialMode, DispositionKind, Outcome
from tests.unit.campaigns.examples import campaign
from tests.unit.campaigns.judging import (
    BRITAIN,
    BY_HAND,
    DAY,
    DEBTS,
    GEORGIA,
    HOUR,
    LONDON,
    MACHINE,
    MIAMI,
    NEW_YORK,
    NORWAY,
    OTHER_LEAD,
    PANHANDLE,
    SECOND,
    SURVEY,
    US_TX,
    WEEKDAY,
    agreed,
    at,
    facts,
    past,
    refusing,
)


@pytest.mark.parametrize(
    ("outcome", "its_rule", "hours"),
    [(Outcome.ABANDONED, "gb.72h", 72), (Outcome.MACHINE, "gb.amd24h", 24)],
)
@pytest.mark.parametrize("mode", DialMode)
def test_a_silent_call_in_britain_rests_unless_an_agent_waits_for_the_next(
    outcome: Outcome, its_rule: str, hours: int, mode: DialMode
) -> None:
    since = at("2026-12-01T15:00", LONDON)
    consents = agreed("automated_calls", "phone_marketing")
    end = since + hours * HOUR

    def told(now: datetime, **more: Any) -> list[str]:
        calls = (past(BRITAIN, since, outcome, **more),)
        return refusing(facts(BRITAIN, now, campaign(mode=mode), calls=calls, consents=consents))

    by_agent = mode in {DialMode.MANUAL, DialMode.PREVIEW}
    assert told(end - SECOND) == ([] if by_agent else [its_rule])
    assert told(end) == []
    # to this number, whoever of its household was meant, in whichever campaign of the seller
    assert told(end - SECOND, lead_id=OTHER_LEAD, campaign="other") == told(end - SECOND)
    assert told(end - SECOND, number_id=4721000099) == []
    assert told(end - SECOND, seller="Another AS") == []


def test_a_machine_that_an_agent_heard_was_no_silent_call() -> None:
    heard = past(BRITAIN, WEEKDAY - HOUR, Outcome.MACHINE, DispositionKind.LEFT_MESSAGE)
    assert refusing(facts(BRITAIN, WEEKDAY, MACHINE, calls=(heard,))) == []


def test_three_calls_in_24_hours_of_the_seller_in_florida() -> None:
    first = at("2026-12-01T09:00", NEW_YORK)
    calls = (
        past(MIAMI, first),
        past(MIAMI, first + HOUR, campaign="other"),
        past(NORWAY, first + 2 * HOUR, campaign="other"),  # another number of the person's
    )

    def told(now: datetime, *more: Any) -> list[str]:
        return refusing(facts(MIAMI, now, BY_HAND, calls=(*calls, *more)))

    assert told(first + DAY - SECOND) == ["us-fl.3in24"]
    assert told(first + DAY) == []
    asked = facts(MIAMI, first + 3 * HOUR, BY_HAND, calls=calls)
    assert evaluate(asked).until == first + DAY
    assert refusing(replace(asked, calls=calls[:2])) == []
    other_seller = (*calls[:2], past(MIAMI, first + HOUR, seller="Another AS"))
    assert refusing(replace(asked, calls=other_seller)) == []
    assert refusing(facts(GEORGIA, first + 3 * HOUR, BY_HAND, calls=calls)) == []


def test_a_number_of_florida_is_capped_in_texas_too() -> None:
    calls = tuple(past(PANHANDLE, WEEKDAY - n * HOUR) for n in (1, 2, 3))
    assert refusing(facts(PANHANDLE, WEEKDAY + HOUR, BY_HAND, address=US_TX, calls=calls)) == [
        "us-fl.3in24"
    ]


def test_seven_calls_in_seven_days_for_a_debt() -> None:
    days = [at(f"2026-11-{day}T11:00", NEW_YORK) for day in range(24, 31)]
    calls = tuple(past(GEORGIA, day) for day in days)

    def told(now: datetime, *, asked: Campaign = DEBTS, so_many: int = 7) -> list[str]:
        return refusing(facts(GEORGIA, now, asked, calls=calls[:so_many]))

    evening = at("2026-11-30T20:00", NEW_YORK)
    assert told(evening) == ["us.regf.7in7"]
    assert told(evening, so_many=6) == []
    assert told(evening, asked=SURVEY) == []
    assert told(at("2026-12-01T08:00", NEW_YORK)) == []  # the first day is the eighth back
    limit = evaluate(facts(GEORGIA, evening, DEBTS, calls=calls)).until
    assert limit == at("2026-12-01T00:00", NEW_YORK)


@pytest.mark.parametrize(
    ("said", "rests"),
    [
        (DispositionKind.PARTIAL, True),
        (None, True),
        (DispositionKind.NO_CONTACT, False),
        (DispositionKind.LEFT_MESSAGE, False),
    ],
)
def test_a_talk_of_a_debt_rests_for_seven_days(said: DispositionKind | None, rests: bool) -> None:
    talk = past(GEORGIA, at("2026-12-01T11:00", NEW_YORK), Outcome.CONNECTED, said)

    def told(day: str) -> list[str]:
        return refusing(facts(GEORGIA, at(f"{day}T11:00", NEW_YORK), DEBTS, calls=(talk,)))

    assert told("2026-12-07") == (["us.regf.after_conversation"] if rests else [])
    assert told("2026-12-08") == []
