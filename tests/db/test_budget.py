"""The abandonment budget from the ledger: as an audit counts, by period and jurisdiction."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, update

from campaigns.amd import Heard
from campaigns.amd_samples import judge
from campaigns.amd_share import ENOUGH
from campaigns.audit import audit
from campaigns.budget import Account
from campaigns.budget_books import Books
from campaigns.call_tables import amd_samples
from campaigns.model import DispositionKind, Outcome
from campaigns.proof import keep_rules
from campaigns.store import StoredCampaign
from campaigns.tables import attempts
from leads.db import reading, writing
from leads.tables import lead_numbers, lists
from tests.db.people import LAWS, add_agent, definition, import_people, phone, started

SECOND = timedelta(seconds=1)
ABANDONED, CONNECTED = Outcome.ABANDONED, Outcome.CONNECTED
SOMEWHERE = {
    "london": ("GB", "Europe/London", "survey"),
    "new york": ("US-NY", "America/New_York", "sales"),
    "toronto": ("CA-ON", "America/Toronto", "sales"),
    "oslo": ("NO", "Europe/Oslo", "survey"),
}


class Ledger:
    """A campaign that calls one place, whose calls are written as a test needs them."""

    def __init__(self, base: Engine, place: str) -> None:
        self.base = base
        self._place, self._zone, purpose = SOMEWHERE[place]
        import_people(base, [("Somebody", phone(1))], "there")
        text = definition(on=["there"], mode="predictive")
        assert text.count('purpose = "service"') == 1
        self.stored = started(base, text.replace('"service"', f'"{purpose}"'))
        self._agent = add_agent(base)
        self._written = 0
        self._like: dict[str, Any] | None = None

    def first(self, at: datetime) -> None:
        """Write the campaign's first call, which nobody answered; all others are like it.

        No gate is asked: what the rules of the place think of the call itself is not in
        question here.
        """
        with writing(self.base) as connection:
            keep_rules(connection, self.stored, LAWS, now=at)
            of_number = select(lead_numbers.c.lead_id, lead_numbers.c.number_id)
            person = connection.execute(of_number).one()
            lists_id = connection.execute(select(lists.c.id)).scalar_one()
        campaign = self.stored.campaign
        self._like = {
            "campaign_id": self.stored.id,
            "list_id": lists_id,
            "lead_id": person.lead_id,
            "number_id": person.number_id,
            "clock": "real",
            "mode": campaign.mode,
            "trunk": campaign.trunk,
            "caller_id": campaign.caller_id,
            "attempt_no": 1,
            "seller": campaign.seller,
            "rule_set": LAWS.rule_set(campaign),
            "decision": {"places": [self._place], "zones": [self._zone], "rules": []},
        }
        self.write(Outcome.NO_ANSWER, at, answered_at=None)

    def write(self, outcome: Outcome | None, at: datetime, **more: Any) -> int:
        assert self._like is not None
        self._written += 1
        ends = None if outcome is None else at + 20 * SECOND
        talk = {
            "answered_at": at + 5 * SECOND,
            "connected_at": at + 6 * SECOND if outcome is CONNECTED else None,
            "agent_id": self._agent if outcome is CONNECTED else None,
        }
        values = {"channel_id": f"copy-{self._written}", "outcome": outcome}
        values |= {"dialed_at": at, "ended_at": ends} | talk | more
        with writing(self.base) as connection:
            written = insert(attempts).values(**(self._like | values)).returning(attempts.c.id)
            return int(connection.execute(written).scalar_one())

    def change(self, attempt_id: int, **values: Any) -> None:
        with writing(self.base) as connection:
            connection.execute(update(attempts).where(attempts.c.id == attempt_id).values(**values))

    def judge(self, attempt_ids: list[int], heard: Heard) -> None:
        with writing(self.base) as connection:
            for attempt_id in attempt_ids:
                connection.execute(insert(amd_samples).values(attempt_id=attempt_id, file="a.wav"))
                judge(connection, attempt_id, heard, by="ann", now=MORNING)

    def read(self, books: Books, now: datetime) -> dict[str, tuple[float, float]]:
        """Return what is counted in the periods of a moment: rule -> (abandoned, answered)."""
        return {one.rule: (one.abandoned, one.answered) for one in self.accounts(books, now)}

    def accounts(self, books: Books, now: datetime) -> tuple[Account, ...]:
        with reading(self.base) as connection:
            books.read(connection, self.stored, LAWS, now=now)
        return books.accounts(self.stored.campaign, now=now)

    def books(self) -> Books:
        return Books(self.stored.id)


MORNING = datetime(2026, 6, 2, 14, tzinfo=UTC)  # allowed in all of these places


@pytest.fixture
def london(base: Engine) -> Ledger:
    ledger = Ledger(base, "london")
    ledger.first(MORNING)
    return ledger


def test_a_campaign_that_has_called_nobody_has_its_own_limit(base: Engine):
    oslo = Ledger(base, "oslo")
    books = oslo.books()
    assert oslo.read(books, MORNING) == {"campaign": (0, 0)}
    assert books.whole
    oslo.first(MORNING)
    oslo.write(ABANDONED, MORNING)
    assert oslo.read(books, MORNING) == {"campaign": (1, 1)}, "no rule of law counts it there"


def test_calls_are_counted_as_they_are_closed_and_once(london: Ledger):
    books = london.books()
    assert london.read(books, MORNING) == {"campaign": (0, 0)}
    london.write(CONNECTED, MORNING)
    london.write(ABANDONED, MORNING)
    for _ in range(3):
        counted = london.read(books, MORNING)
        assert counted == {"campaign": (1, 2), "gb.ofcom.guard": (1, 2)}
    going_on = london.write(None, MORNING)
    london.write(CONNECTED, MORNING)
    assert london.read(books, MORNING)["gb.ofcom.guard"] == (1, 3)
    later = MORNING + timedelta(minutes=5)
    for minute in range(5):
        london.read(books, MORNING + timedelta(minutes=minute))
    london.change(going_on, outcome=ABANDONED, ended_at=later)
    assert london.read(books, later)["gb.ofcom.guard"] == (2, 4), "however late it ends"
    assert london.read(london.books(), later) == london.read(books, later), "and from the ledger"


def test_what_another_engine_closes_is_counted_too(london: Ledger):
    books = london.books()
    london.read(books, MORNING)
    london.write(ABANDONED, MORNING, engine="the other one")
    assert london.read(books, MORNING)["gb.ofcom.guard"] == (1, 1)


def test_a_machine_is_no_person_once_the_agent_has_said_so(london: Ledger):
    books = london.books()
    talk = london.write(CONNECTED, MORNING)
    london.write(ABANDONED, MORNING)
    assert london.read(books, MORNING)["campaign"] == (1, 2)
    london.change(talk, disposition_kind=DispositionKind.MACHINE, disposition="machine")
    now = london.read(books, MORNING)
    assert now["campaign"] == (1, 1)
    assert now == london.read(london.books(), MORNING)


@pytest.mark.parametrize("by", ["samples", "agents"])
def test_a_test_of_machine_detection_is_heard_while_the_engine_runs(london: Ledger, by: str):
    books = london.books()
    london.write(CONNECTED, MORNING)
    detected = [london.write(Outcome.MACHINE, MORNING, amd=Heard.MACHINE) for _ in range(ENOUGH)]
    told = london.read(books, MORNING)
    assert told["gb.ofcom.guard"] == (ENOUGH, 1), "nobody has tested it"
    assert told["campaign"] == (0, 1), "its own limit asks for no estimate"
    if by == "samples":
        london.judge(detected, Heard.MACHINE)
    else:
        for _ in range(ENOUGH):
            heard = {"disposition_kind": DispositionKind.MACHINE, "disposition": "machine"}
            london.write(CONNECTED, MORNING, amd=Heard.MACHINE, **heard)
    london.read(books, MORNING)
    last = MORNING + timedelta(minutes=5) - SECOND
    assert london.read(books, last)["gb.ofcom.guard"] == (ENOUGH, 1), "it is dear to look"
    assert london.read(books, last + SECOND)["gb.ofcom.guard"] == (0, 1)


def test_an_agents_word_that_comes_later_tests_machine_detection_too(london: Ledger):
    books = london.books()
    london.write(Outcome.MACHINE, MORNING, amd=Heard.MACHINE)
    talks = [london.write(CONNECTED, MORNING, amd=Heard.MACHINE) for _ in range(ENOUGH)]
    assert london.read(books, MORNING)["gb.ofcom.guard"] == (1, ENOUGH)
    for talk in talks:
        london.change(talk, disposition_kind=DispositionKind.MACHINE, disposition="machine")
    assert london.read(books, MORNING)["gb.ofcom.guard"] == (1, 0)
    assert london.read(books, MORNING + timedelta(minutes=5))["gb.ofcom.guard"] == (0, 0)


def test_a_call_connected_late_counts_where_the_rule_says_so(base: Engine):
    york = Ledger(base, "new york")
    york.first(MORNING)
    late, in_time = MORNING + timedelta(seconds=7.001), MORNING + 7 * SECOND
    york.write(CONNECTED, MORNING, connected_at=late)
    york.write(CONNECTED, MORNING, connected_at=in_time)
    assert york.read(york.books(), MORNING)["us.ftc.abandon"] == (1, 2)


def test_the_period_of_a_day_ends_at_midnight_where_the_person_is(london: Ledger):
    last = datetime(2026, 6, 2, 22, 59, 59, tzinfo=UTC)  # 23:59:59 in London
    london.write(ABANDONED, last)
    books = london.books()
    assert london.read(books, last)["gb.ofcom.guard"] == (1, 1)
    assert "gb.ofcom.guard" not in london.read(books, last + SECOND), "a new day, nobody yet"
    london.write(CONNECTED, last + SECOND)
    assert london.read(books, last + SECOND)["gb.ofcom.guard"] == (0, 1)
    assert london.read(books, last)["gb.ofcom.guard"] == (1, 1)


def test_the_period_of_a_month_ends_with_its_last_second(base: Engine):
    toronto = Ledger(base, "toronto")
    toronto.first(MORNING)
    last = datetime(2026, 7, 1, 3, 59, 59, tzinfo=UTC)  # 30 June, 23:59:59 in Toronto
    toronto.write(ABANDONED, MORNING)
    toronto.write(CONNECTED, last)
    toronto.write(CONNECTED, last + SECOND)
    books = toronto.books()
    assert toronto.read(books, last)["ca.abandon"] == (1, 2)
    assert toronto.read(books, last + SECOND)["ca.abandon"] == (0, 1)


def test_blocks_of_thirty_days_begin_with_the_first_call(base: Engine):
    york = Ledger(base, "new york")
    york.first(MORNING)
    last = datetime(2026, 7, 1, 23, 59, 59, tzinfo=UTC)  # the thirtieth day, in UTC
    york.write(ABANDONED, MORNING)
    york.write(CONNECTED, last)
    york.write(CONNECTED, last + SECOND)
    books = york.books()
    for rule in ("us.fcc.abandon", "us.ftc.abandon", "campaign"):
        assert york.read(books, last)[rule] == (1, 2)
        assert york.read(books, last + SECOND)[rule] == (0, 1)


def test_a_long_ledger_is_read_in_slices(london: Ledger, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("campaigns.budget_books._SLICE", 3)
    for second in range(7):
        london.write(ABANDONED if second == 6 else CONNECTED, MORNING + second * SECOND)
    books = london.books()
    for counted, whole in (((0, 3), False), ((0, 6), False), ((1, 7), True), ((1, 7), True)):
        assert london.read(books, MORNING)["gb.ofcom.guard"] == counted
        assert books.whole is whole


def test_what_is_out_of_every_period_is_not_read(london: Ledger):
    later = MORNING + timedelta(days=60)
    london.write(ABANDONED, MORNING)
    london.write(CONNECTED, later)
    books = london.books()
    counted = london.read(books, later)
    assert counted == {"campaign": (0, 1), "gb.ofcom.guard": (0, 1)}
    assert london.read(books, MORNING) == {"campaign": (0, 0)}, "the old call was not looked at"


def test_the_budget_counts_as_the_audit_does(base: Engine):
    york = Ledger(base, "new york")
    york.first(MORNING)
    for number, (outcome, more) in enumerate(
        [
            (CONNECTED, {}),
            (CONNECTED, {"disposition_kind": DispositionKind.MACHINE, "disposition": "machine"}),
            (CONNECTED, {"connected_at": MORNING + timedelta(hours=2)}),
            (ABANDONED, {}),
            (Outcome.HUNG_UP_WAITING, {}),
            (Outcome.HUNG_UP_EARLY, {}),
            (Outcome.NO_ANSWER, {}),
        ]
    ):
        york.write(outcome, MORNING + number * timedelta(minutes=1), **more)
    counted = york.read(york.books(), MORNING)
    with reading(base) as connection:
        audited = audit(connection, york.stored, first=None, last=None).abandonment
    assert len(audited) == 2
    for one in audited:
        (share,) = one.shares
        assert counted[one.rule.id] == (share.numerator, share.denominator) == (2, 4)


def test_the_limits_are_those_of_the_campaign_as_it_is_now(london: Ledger, base: Engine):
    london.write(ABANDONED, MORNING)
    books = london.books()
    stored: StoredCampaign = london.stored
    (own, ofcom) = sorted(london.accounts(books, MORNING), key=lambda one: one.rule)
    assert (own.soft_limit, ofcom.soft_limit) == (0.03, 0.01)
    decides = books.deciding(stored.campaign, now=MORNING)
    assert decides is not None
    assert decides.rule == "gb.ofcom.guard"
