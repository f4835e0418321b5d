"""Machine detection in the base: verdicts, samples, what a test of them says, and their end."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from campaigns import amd_samples, ledger, owed
from campaigns.amd import Heard
from campaigns.amd_law import warnings
from campaigns.amd_share import AmdTest
from campaigns.audit import audit
from campaigns.erasure import erase
from campaigns.exports.attempts import COLUMNS, attempts_content
from campaigns.exports.content import Choice
from campaigns.ledger import OpenAttempt
from campaigns.model import DispositionKind, Outcome
from campaigns.person import everything_of
from campaigns.recording import SAMPLE
from campaigns.recording_files import expire
from campaigns.store import StoredCampaign
from campaigns.tables import campaign_leads, claims
from dialer.call import Call
from dialer.live import LiveCall, Work
from dialer.sampler import Sampler
from dialer.switchboard import Switchboard
from leads.db import reading, writing
from leads.errors import UsageError
from tests.db.people import (
    LAWS,
    NOON,
    add_agent,
    attempt_row,
    close,
    create,
    definition,
    dial_next,
    import_people,
    import_text,
    minutes,
    said,
    started,
)
from tests.db.talks import give
from tests.db.test_recordings import site
from tests.unit.dialer.examples import TRUNK

DAY = timedelta(days=1)
DETECTS = '[dialing]\namd = "detect"\namd_samples = 2'
PEOPLE = "name;phone\n" + "".join(f"P{n};+472100000{n}\n" for n in range(1, 9))


def detecting(dialing: str = DETECTS, **more: str) -> str:
    retry = '[retry]\nmachine = { after = "4h", max = 2 }'
    return definition(dialing=dialing, retry=retry, **more)


@pytest.fixture
def stored(base: Engine) -> StoredCampaign:
    """A campaign that detects machines, with eight people."""
    import_text(base, PEOPLE)
    return started(base, detecting())


def machine(base: Engine, stored: StoredCampaign, **more: object) -> OpenAttempt:
    """Call somebody whom detection takes for a machine."""
    attempt = dial_next(base, stored)
    values = {"answered_at": NOON, "amd": Heard.MACHINE, "cause": 16, "sip_code": None}
    close(base, stored, attempt, Outcome.MACHINE, **values | more)
    return attempt


def sample(base: Engine, attempt: OpenAttempt, heard: Heard | None = None) -> None:
    with writing(base) as connection:
        amd_samples.write(connection, [(attempt, amd_samples.file_of(attempt.channel_id))])
        if heard is not None:
            amd_samples.judge(connection, attempt.id, heard, by="kim", now=NOON)


def share_of(base: Engine, stored: StoredCampaign) -> AmdTest:
    with reading(base) as connection:
        return amd_samples.tested(connection, stored.id)


# The verdict in the ledger


def test_the_verdict_is_kept_exported_and_leads_to_the_retry_of_machines(base, stored):
    attempt = machine(base, stored)
    row = attempt_row(base, attempt.id)
    assert (row.outcome, row.amd) == ("machine", "machine")
    with reading(base) as connection:
        content = attempts_content(connection, Choice())
        (cells,) = [tuple(row) for part in content.parts for row in part.rows]
        (lead,) = connection.execute(
            select(campaign_leads).where(campaign_leads.c.lead_id == attempt.lead_id)
        ).all()
    assert cells[[name for name, _ in COLUMNS].index("amd")] == "machine"
    assert (lead.state, lead.last_outcome) == ("waiting", "machine")
    assert lead.next_call_at == attempt.dialed_at + timedelta(hours=4, seconds=20)


def test_an_agent_who_had_a_machine_is_free_and_nobody_else_gets_the_person_yet(base, stored):
    anna = add_agent(base)
    attempt = dial_next(base, stored)
    with writing(base) as connection:
        ledger.note_agent(connection, attempt.id, anna)
    with writing(base) as connection:
        ledger.set_aside(connection, attempt.id)
        ledger.set_aside(connection, attempt.id)
    with reading(base) as connection:
        assert connection.execute(select(claims.c.agent_id, claims.c.attempt_id)).one() == (
            None, attempt.id,
        )  # fmt: skip
        assert owed.agents_owing_result(connection) == frozenset()
    assert attempt_row(base, attempt.id).agent_id is None


def test_who_has_said_what_the_machine_was_keeps_the_call(base, stored):
    anna = add_agent(base)
    attempt = dial_next(base, stored)
    with writing(base) as connection:
        ledger.note_agent(connection, attempt.id, anna)
    give(base, stored, attempt.id, said(stored, DispositionKind.MACHINE))
    with writing(base) as connection:
        ledger.set_aside(connection, attempt.id)
    assert attempt_row(base, attempt.id).agent_id == anna


# Which calls are sampled


def test_whether_a_beginning_may_be_recorded_is_kept_with_the_attempt(base, stored):
    kept = attempt_row(base, dial_next(base, stored).id).decision[SAMPLE]
    assert kept["record"] is True
    assert kept["keep_days"] == 30


def choose(base: Engine, stored: StoredCampaign, sampler: Sampler, *calls: str, day: int = 0):
    decisions = {one: {SAMPLE: {"record": not one.startswith("told")}} for one in calls}
    with reading(base) as connection:
        return list(sampler.choose(connection, stored, decisions, now=NOON + day * DAY))


def test_so_many_calls_are_sampled_as_the_day_has_left(base, stored):
    board = Switchboard({"main": TRUNK}, new_id=lambda: "1", goodbye="bye")
    sampler = Sampler(board)
    sample(base, machine(base, stored))
    assert choose(base, stored, sampler, "told-1", "rb-1", "rb-2") == ["rb-1"]
    # rb-1 was never placed, or nobody answered: another one may be sampled.
    attempt = dial_next(base, stored)
    live = LiveCall(Call(channel_id=attempt.channel_id, placed_at=NOON), attempt, stored)
    board.calls[attempt.channel_id] = live
    assert choose(base, stored, sampler, attempt.channel_id) == [attempt.channel_id]
    assert choose(base, stored, sampler, "rb-3") == [], "it may still be answered"
    work = Work()
    for _ in range(2):
        sampler.hear({"userevent": "Ringbank", "attempt": attempt.channel_id, "sampled": "1"}, work)
    assert work.sampled == [(attempt, f"amd-{attempt.channel_id}.wav")]
    del board.calls[attempt.channel_id]
    assert choose(base, stored, sampler, "rb-4") == [], "two a day"
    assert choose(base, stored, sampler, "rb-5", "rb-6", "rb-7", day=1) == ["rb-5", "rb-6"]


def test_without_detection_or_with_none_a_day_nothing_is_sampled(base):
    import_text(base, PEOPLE)
    sampler = Sampler(Switchboard({}, new_id=lambda: "1", goodbye="bye"))
    for dialing in ("", '[dialing]\namd = "detect"\namd_samples = 0'):
        other = create(base, definition(f"c{len(dialing)}", dialing=dialing))
        assert choose(base, other, sampler, "rb-1") == []


# What somebody heard


def test_only_verdicts_of_machines_that_somebody_could_tell_are_a_test(base, stored):
    for heard in (Heard.MACHINE, Heard.PERSON, Heard.UNSURE, None):
        sample(base, machine(base, stored), heard)
    live = dial_next(base, stored)
    close(base, stored, live, Outcome.CONNECTED, answered_at=NOON, amd=Heard.PERSON)
    sample(base, live, Heard.MACHINE)
    assert share_of(base, stored) == AmdTest(judged=2, persons=1)
    with reading(base) as connection:
        told = amd_samples.report(connection, stored.id, "spring")
        waiting = amd_samples.samples(connection, campaign_id=stored.id, unjudged=True)
    assert told.verdicts == {"machine": 4, "person": 1}
    assert (told.persons_judged, told.machines_missed, told.untold) == (1, 1, 1)
    assert told.to_judge == len(waiting) == 1


def test_a_later_word_counts_and_nobody_judges_what_is_not_there(base, stored):
    attempt = machine(base, stored)
    with writing(base) as connection, pytest.raises(UsageError, match="has no sample"):
        amd_samples.judge(connection, attempt.id, Heard.PERSON, by="kim", now=NOON)
    sample(base, attempt, Heard.PERSON)
    sample(base, attempt, Heard.MACHINE)
    assert share_of(base, stored) == AmdTest(judged=1, persons=0)
    with writing(base) as connection:
        amd_samples.note_deleted(connection, [attempt.id])
    with writing(base) as connection, pytest.raises(UsageError, match="was deleted"):
        amd_samples.judge(connection, attempt.id, Heard.PERSON, by="kim", now=NOON)
    assert share_of(base, stored) == AmdTest(judged=1, persons=0)


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        (DispositionKind.MACHINE, AmdTest(1, 0)),
        (DispositionKind.LEFT_MESSAGE, AmdTest(1, 0)),
        (DispositionKind.COMPLETED, AmdTest(1, 1)),
        (DispositionKind.NO_CONTACT, AmdTest(0, 0)),
    ],
)
def test_agents_test_the_machines_that_are_passed_on_to_them(base, stored, kind, found):
    anna = add_agent(base)
    attempt = dial_next(base, stored)
    with writing(base) as connection:
        ledger.note_agent(connection, attempt.id, anna)
    close(
        base, stored, attempt, Outcome.CONNECTED,
        agent_id=anna, answered_at=NOON, connected_at=NOON, amd=Heard.MACHINE,
    )  # fmt: skip
    give(base, stored, attempt.id, said(stored, kind), now=NOON + minutes(1))
    assert share_of(base, stored) == found


# What follows from it


BRITISH = [(f"Caller {n}", f"+44207946000{n}") for n in range(1, 5)]


@pytest.fixture
def british(base: Engine) -> StoredCampaign:
    """The same in a country that counts machines which may have been persons."""
    import_people(base, BRITISH, "london")
    return started(base, detecting(on=("london",)))


def test_the_audit_counts_untested_machines_as_persons_and_tested_ones_by_the_test(base, british):
    machines = [machine(base, british) for _ in range(2)]
    live = dial_next(base, british)
    close(base, british, live, Outcome.ABANDONED, answered_at=NOON, amd=Heard.UNSURE)

    def estimate() -> float:
        with reading(base) as connection:
            (measured,) = audit(
                connection, british, first=None, last=None, progress=lambda _: None
            ).abandonment
        assert measured.rule.id == "gb.ofcom.guard"
        return measured.shares[0].counters["amd_false_positive_estimate"]

    assert estimate() == 2.0
    for one in machines:
        sample(base, one, Heard.MACHINE)
    assert estimate() == pytest.approx(2 * AmdTest(2, 0).assumed)
    assert estimate() < 2.0


def test_nobody_is_recorded_where_it_would_have_to_be_announced(base, british):
    kept = attempt_row(base, dial_next(base, british).id).decision[SAMPLE]
    assert kept["record"] is False
    assert "gb.recording" in kept["why"]


@pytest.mark.parametrize(("when", "told"), [("before", True), ("joined", False)])
def test_waiting_for_the_verdict_is_warned_of_where_the_seconds_run_at_once(base, when, told):
    import_text(base, PEOPLE)
    import_people(base, BRITISH, "london")
    dialing = f'[dialing]\namd = "detect"\namd_when = "{when}"'
    for on, named in ((("london",), told), (("norway",), False), (("norway", "london"), told)):
        other = create(base, definition(f"c-{len(on)}-{on[0]}", on=on, dialing=dialing))
        with reading(base) as connection:
            found = warnings(connection, other.campaign, LAWS, now=NOON)
        assert bool(found) is named, on
        assert all("gb.ofcom.guard" in one for one in found)


# The end of a sample


@pytest.mark.parametrize(("days", "gone"), [(29, False), (30, True)])
def test_a_sample_goes_after_a_month_and_what_was_heard_stays(base, stored, tmp_path, days, gone):
    attempt = machine(base, stored)
    sample(base, attempt, Heard.PERSON)
    file = tmp_path / amd_samples.file_of(attempt.channel_id)
    file.touch()
    done = expire(site(base, tmp_path), now=NOON + days * DAY)
    assert (done.deleted, file.exists()) == (int(gone), not gone)
    assert expire(site(base, tmp_path), now=NOON + days * DAY).deleted == 0
    assert share_of(base, stored) == AmdTest(judged=1, persons=1)


def test_a_sample_goes_with_its_person(base, stored, tmp_path):
    attempt, other = machine(base, stored), machine(base, stored)
    for one in (attempt, other):
        sample(base, one)
        (tmp_path / amd_samples.file_of(one.channel_id)).touch()
    with reading(base) as connection:
        (row,) = everything_of(connection, attempt.lead_id)["amd_samples"]
    assert row["file"] == amd_samples.file_of(attempt.channel_id)
    with writing(base) as connection:
        assert erase(connection, attempt.lead_id, now=NOON).recordings == 1
        assert len(amd_samples.samples(connection, unjudged=True)) == 1
    assert expire(site(base, tmp_path), now=NOON).deleted == 1
    left = [file.name for file in tmp_path.glob("amd-*")]
    assert left == [amd_samples.file_of(other.channel_id)]


def test_a_call_that_goes_on_loses_no_sample(base, stored, tmp_path):
    attempt = dial_next(base, stored)
    sample(base, attempt)
    assert expire(site(base, tmp_path), now=NOON + 365 * DAY).were_gone == 0
