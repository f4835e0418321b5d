"""The tables [retry] and [retry.disposition] of a campaign file, read or refused with reasons."""

from datetime import timedelta

import pytest

from campaigns.definition import read_definition
from campaigns.model import Campaign, GiveUp, MoveTo, Outcome, Retry

HEAD = """
name = "tariff-switch"
lists = ["own-base"]
mode = "manual"
trunk = "main"
caller_id = "+4721000000"
seller = "Example Telecom AS"
purpose = "sales"
audience = "consumer"
"""
WORDS = """
[[dispositions]]
code = "language"
hidden = true
[[dispositions]]
code = "later"
kind = "no_contact"
[[dispositions]]
code = "no_way"
kind = "refusal"
[[dispositions]]
code = "moved_house"
kind = "wrong_number"
"""
HOUR = timedelta(hours=1)


def read(table: str) -> Campaign:
    found = read_definition(f"{HEAD}[retry]\n{table}\n{WORDS}")
    assert isinstance(found, Campaign), [str(problem) for problem in found]
    return found


def the_fault(table: str) -> str:
    found = read_definition(f"{HEAD}[retry]\n{table}\n{WORDS}")
    assert isinstance(found, tuple), "it should have been refused"
    (problem,) = found
    return str(problem)


def test_every_key_of_an_entry_arrives() -> None:
    found = read(
        """
busy = { after = "15m", max = 3 }
no_answer = { after = "1h", max = 9, growth = 1.5, up_to = "8h", other_daypart = true, other_number = true, then = { campaign = "evenings" } }
machine = { after = "2h", max = 2, then = { give_up = "machine_only" } }
[retry.disposition]
later = { after = "4h", max = 2 }
moved_house = { after = "1h", max = 1, other_number = true }
"""
    )
    assert found.retry == {
        Outcome.BUSY: Retry(after=timedelta(minutes=15), max=3),
        Outcome.NO_ANSWER: Retry(
            after=HOUR,
            max=9,
            factor=1.5,
            up_to=8 * HOUR,
            other_daypart=True,
            other_number=True,
            then=MoveTo("evenings"),
        ),
        Outcome.MACHINE: Retry(after=2 * HOUR, max=2, then=GiveUp("machine_only")),
    }
    assert found.retry_dispositions == {
        "later": Retry(after=4 * HOUR, max=2),
        "moved_house": Retry(after=HOUR, max=1, other_number=True),
    }


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ('no_answer = { after = "14m", max = 3 }', "retry.no_answer.after: must be from 15m"),
        ('abandoned = { after = "59m", max = 3 }', "retry.abandoned.after: must be from 1h"),
        ('busy = { after = "1h", max = 3, growth = 0.9 }', "retry.busy.growth: must be from 1"),
        ('busy = { after = "1h", max = 3, growth = 10.1 }', "retry.busy.growth: must be from 1"),
        (
            'busy = { after = "1h", max = 3, growth = 2, up_to = "59m" }',
            "retry.busy.up_to: must be from 1h",
        ),
        (
            'busy = { after = "1h", max = 3, up_to = "8h" }',
            "retry.busy.up_to: says how far a growth may go; 1h never grows",
        ),
        (
            'busy = { after = "1h", max = 3, then = { campaign = "a", give_up = "b" } }',
            "retry.busy.then: names two ends",
        ),
        (
            'busy = { after = "1h", max = 3, then = { campaign = "tariff-switch" } }',
            "retry.busy.then.campaign: is this very campaign",
        ),
        (
            'busy = { after = "1h", max = 3, then = { give_up = "Not there" } }',
            "retry.busy.then.give_up: may only hold a-z",
        ),
        ('busy = { after = "1h", max = 3, then = {} }', "retry.busy.then.campaign: is missing"),
        ('busy = { after = "1h", max = 3, then = "b" }', "retry.busy.then: must be a table"),
        (
            '[retry.disposition]\nno_way = { after = "1h", max = 3 }',
            "retry.disposition.no_way: 'no_way', of the kind 'refusal', is the person's last word",
        ),
        (
            '[retry.disposition]\nrefusal = { after = "1h", max = 3 }',
            "retry.disposition.refusal: 'refusal' is the person's last word and is not retried",
        ),
        (
            '[retry.disposition]\nmoved_house = { after = "1h", max = 3 }',
            "retry.disposition.moved_house: 'moved_house', of the kind 'wrong_number', is only",
        ),
        (
            '[retry.disposition]\nlater = { after = "14m", max = 3 }',
            "retry.disposition.later.after: must be from 15m",
        ),
        (
            '[retry.disposition]\nlate = { after = "1h", max = 3 }',
            "retry.disposition.late: unknown key; the nearest known one is 'later'",
        ),
    ],
)
def test_a_fault_of_an_entry_says_which_and_why(table: str, fault: str) -> None:
    assert the_fault(table).startswith(fault)
