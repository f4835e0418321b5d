"""Results in the base, held against their calls; exports say the same as the command."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, update

from campaigns import desk, reconciling
from campaigns import store as campaign_store
from campaigns.checks import USUAL
from campaigns.desk_tables import orders, recordings
from campaigns.exports.attempts import attempts_content
from campaigns.exports.content import Choice as ExportChoice
from campaigns.ledger import note_agent
from campaigns.model import DispositionKind as K
from campaigns.model import Outcome
from campaigns.reconciling import Choice, compare_claim, reconcile
from campaigns.results import record_result
from campaigns.store import StoredCampaign
from campaigns.tables import campaigns
from campaigns.truth import Mark
from campaigns.truth_values import Reconciled
from dialer import ledger_check, store
from dialer.clock import Clock
from dialer.presence import Presence
from leads.db import reading, writing
from leads.errors import UsageError
from tests.db.people import (
    LAWS,
    NOON,
    add_agent,
    close,
    definition,
    dial_next,
    import_people,
    phone,
    said,
    started,
)

DAY = timedelta(days=1)


@pytest.fixture
def spring(base: Engine) -> StoredCampaign:
    import_people(base, [(f"P{n}", phone(n)) for n in range(1, 30)])
    return started(base)


@pytest.fixture
def anna(base: Engine) -> int:
    return add_agent(base)


def talked(
    base: Engine,
    stored: StoredCampaign,
    agent_id: int,
    kind: K,
    talk_s: float | None,
    outcome: Outcome = Outcome.CONNECTED,
    **more: Any,
) -> int:
    """Let the engine make a call, the agent talk for so long, and say what came of it."""
    now = more.pop("now", NOON)
    attempt = dial_next(base, stored, now=now)
    answered = None if talk_s is None else now + timedelta(seconds=5)
    ended = (answered or now) + timedelta(seconds=talk_s or 20)
    with writing(base) as connection:
        note_agent(connection, attempt.id, agent_id)
    close(
        base,
        stored,
        attempt,
        outcome,
        agent_id=agent_id,
        answered_at=answered,
        connected_at=answered,
        ended_at=ended,
        talk_s=talk_s,
        cause=16 if answered else 19,
        sip_code=None,
    )
    with writing(base) as connection:
        record_result(connection, stored, attempt.id, said(stored, kind, **more), now=ended)
    return int(attempt.id)


def by_hand(base: Engine, agent_id: int, kind: K) -> None:
    """Let an agent dial somebody of a manual campaign, and say what came of it."""
    with writing(base) as connection:
        stored = campaign_store.load(connection, "by-hand")
        lease = desk.next_person(connection, stored, LAWS, agent_id, now=NOON)
        assert lease is not None
        desk.give_result(connection, stored, lease, said(stored, kind), now=NOON)


def found(base: Engine, **choice: Any) -> Reconciled:
    with reading(base) as connection:
        return reconcile(connection, Choice(**choice))


def truths(base: Engine) -> dict[int, str | None]:
    """Return what the export says of each attempt."""
    with reading(base) as connection:
        content = attempts_content(connection, ExportChoice())
        names = [column.name for column in content.columns]
        rows = [row for part in content.parts for row in part.rows]
    assert names.index("truth") >= 28
    assert all(len(row) == len(names) for row in rows)
    return {row[0]: row[names.index("truth")] for row in rows}


def test_each_result_has_its_mark_here_and_in_the_export(
    base: Engine, spring: StoredCampaign, anna: int
):
    true = talked(base, spring, anna, K.SUCCESS, 120)
    hasty = talked(base, spring, anna, K.SUCCESS, 12)
    nearly = talked(base, spring, anna, K.COMPLETED, 18)
    nobody = talked(base, spring, anna, K.REFUSAL, None, Outcome.NO_ANSWER, reason="no_need")
    silent = int(dial_next(base, spring).id)  # nobody has said anything of it
    result = found(base)
    assert result.counted == {"anna": {Mark.OK: 1, Mark.SUSPECT: 2, Mark.EXPLAIN: 1}}
    assert [(one.attempt_id, one.verdict.mark) for one in result.marked] == [
        (hasty, Mark.SUSPECT),
        (nearly, Mark.EXPLAIN),
        (nobody, Mark.SUSPECT),
    ]
    assert result.marked[0].verdict.why == ("a talk of 12 s; success takes 90 s at least",)
    assert result.suspect
    assert truths(base) == {
        true: "ok",
        hasty: "suspect",
        nearly: "explain",
        nobody: "suspect",
        silent: None,
    }


def test_a_campaign_says_what_its_talks_take(base: Engine, anna: int):
    import_people(base, [("Åse", phone(1)), ("Per", phone(2))])
    quick = started(base, definition(top="", checks="[checks]\nsuccess_talk_s = 10"))
    talked(base, quick, anna, K.SUCCESS, 12)
    result = found(base)
    assert result.counted == {"anna": {Mark.OK: 1}}
    assert not result.suspect


def test_calls_by_hand_are_counted_by_themselves(base: Engine, anna: int):
    import_people(base, [(f"P{n}", phone(n)) for n in range(1, 5)], "hand")
    started(base, definition("by-hand", on=["hand"], mode="manual"))
    by_hand(base, anna, K.SUCCESS)
    result = found(base)
    assert result.counted == {"anna": {Mark.SELF_REPORTED: 1}}
    assert result.marked == ()
    assert [*truths(base).values()] == ["self_reported"]
    # A second success at the same moment cannot be.
    by_hand(base, anna, K.SUCCESS)
    assert [(one.what, one.by_hand) for one in found(base).findings] == [("speed", True)]
    assert found(base).suspect


def test_days_agents_and_campaigns_are_chosen(base: Engine, spring: StoredCampaign, anna: int):
    bo = add_agent(base, "bo")
    talked(base, spring, anna, K.SUCCESS, 12)
    talked(base, spring, bo, K.SUCCESS, 12, now=NOON + DAY)
    today = NOON.date()
    assert found(base, agent="bo").counted == {"bo": {Mark.SUSPECT: 1}}
    assert [*found(base, last=today).counted] == ["anna"]
    assert [*found(base, first=today + DAY, last=today + DAY).counted] == ["bo"]
    assert found(base, first=today + 2 * DAY).counted == {}
    assert found(base, campaign="summer").counted == {}
    assert sorted(found(base, campaign="spring").counted) == ["anna", "bo"]


def test_a_success_without_the_recording_that_others_have_is_to_be_explained(
    base: Engine, spring: StoredCampaign, anna: int
):
    before = talked(base, spring, anna, K.SUCCESS, 120)
    recorded = talked(base, spring, anna, K.SUCCESS, 120, now=NOON + DAY)
    after = talked(base, spring, anna, K.SUCCESS, 120, now=NOON + 2 * DAY)
    assert set(truths(base).values()) == {"ok"}
    with writing(base) as connection:
        connection.execute(
            insert(recordings).values(
                attempt_id=recorded, file="a.wav", began_at=NOON + DAY, pauses=[]
            )
        )
    assert truths(base) == {before: "ok", recorded: "ok", after: "explain"}


def test_a_sale_without_its_order_is_suspect(
    base: Engine, spring: StoredCampaign, anna: int, monkeypatch: pytest.MonkeyPatch
):
    sale = talked(base, spring, anna, K.SUCCESS, 120)
    asks = reconciling._Asks(checks=USUAL, forms=frozenset({"success"}), records_from=None)
    monkeypatch.setattr(reconciling, "_asks", lambda *_: asks)
    assert truths(base) == {sale: "suspect"}
    with writing(base) as connection:
        connection.execute(
            insert(orders).values(
                attempt_id=sale,
                lead_id=1,
                campaign_id=spring.id,
                state="submitted",
                fields={},
                created_at=NOON,
            )
        )
    assert truths(base) == {sale: "ok"}


def test_a_campaign_that_this_version_cannot_read_stops_no_export(
    base: Engine, spring: StoredCampaign, anna: int
):
    hasty = talked(base, spring, anna, K.SUCCESS, 12)
    with writing(base) as connection:
        connection.execute(update(campaigns).values(definition="new = 1"))
    assert truths(base) == {hasty: "suspect"}


def test_what_is_claimed_is_told_beside_what_is_recorded(
    base: Engine, spring: StoredCampaign, anna: int
):
    talked(base, spring, anna, K.SUCCESS, 120)
    talked(base, spring, anna, K.SUCCESS, 120, now=NOON + DAY)
    owed = dial_next(base, spring)
    with writing(base) as connection:
        note_agent(connection, owed.id, anna)
    close(base, spring, owed, Outcome.CONNECTED, agent_id=anna, talk_s=9.0)
    with reading(base) as connection:
        claim = compare_claim(connection, agent="anna", on=NOON.date(), claimed=3)
    assert (claim.claimed, claim.recorded, claim.by_hand, claim.difference) == (3, 1, 0, 2)
    assert [(one.attempt_id, one.why) for one in claim.unmatched] == [
        (owed.id, "no result was given")
    ]


# The ledger against the carrier's records


def record(number: str, word: str = "ANSWERED", at: str = "10:00:01", unique_id: str = "") -> str:
    answer = f"2026-06-02 {at}" if word == "ANSWERED" else ""
    cells = ["", "+4721000000", number, "x", "", "PJSIP/1", "", "Dial", "", f"2026-06-02 {at}"]
    cells += [answer, f"2026-06-02 {at}", "1", "1", word, "DOCUMENTATION", unique_id]
    return ",".join(f'"{cell}"' for cell in cells) + "\n"


def compared(base: Engine, file: Path, text: str, **more: Any) -> ledger_check.Compared:
    file.write_text(text)
    given: dict[str, Any] = {"campaign": None, "region": "NO", "first": None, "last": None}
    given["now"] = NOON + 2 * DAY
    with reading(base) as connection:
        return ledger_check.compare(connection, file, **given | more)


def test_the_ledger_agrees_with_the_carrier_or_the_difference_is_told(
    base: Engine, spring: StoredCampaign, anna: int, tmp_path: Path
):
    file = tmp_path / "Master.csv"
    talked(base, spring, anna, K.SUCCESS, 120)
    talked(base, spring, anna, K.NO_CONTACT, None, Outcome.BUSY)
    good = record("22000001") + record("004722000002", "BUSY")
    strange = record("+4670123456") + record("s")
    agreed = compared(base, file, good + strange)
    assert (agreed.attempts, agreed.calls, agreed.others) == (2, 2, 2)
    assert agreed.agree
    reach = record("s", at="09:00:00") + record("s", at="11:00:00")
    told = compared(base, file, record("22000001", "NO ANSWER") + record("22000003") + reach)
    assert [(one.number, one.what) for one in told.differences] == [
        ("+4722000001", "attempt 1: not answered on the network, booked connected"),
        ("+4722000002", "attempt 2 is not among the network's calls"),
        ("+4722000003", "the network saw a call that the ledger does not have"),
    ]
    assert not told.agree
    other_day = compared(base, file, good, first=date(2026, 6, 3))
    assert (other_day.attempts, other_day.calls, other_day.agree) == (0, 0, True)


def test_a_call_of_our_own_is_known_by_its_channel(
    base: Engine, spring: StoredCampaign, anna: int, tmp_path: Path
):
    attempt = dial_next(base, spring)
    close(base, spring, attempt, Outcome.BUSY)
    text = record("s", "BUSY", unique_id=attempt.channel_id)
    told = compared(base, tmp_path / "Master.csv", text)
    assert (told.calls, told.others, told.agree) == (1, 0, True)


def kinds(found: ledger_check.Compared) -> list[str]:
    assert found.agree, found.differences
    return [one.kind for one in found.doubts]


def engine_runs(base: Engine, *, now: datetime, ami_down: str | None = None) -> None:
    with writing(base) as connection:
        presence = Presence("default")
        presence.sign_on(connection, Clock())
        store.beat(
            connection,
            name="default",
            token=presence.token,
            report={"ami_down": ami_down},
            now=now,
        )


@pytest.mark.parametrize(
    ("lives", "ami_down", "differences"), [(True, None, 1), (True, "gone", 0), (False, None, 0)]
)
def test_a_call_that_is_over_is_a_difference_only_where_an_engine_could_close_it(
    base: Engine,
    spring: StoredCampaign,
    tmp_path: Path,
    lives: bool,
    ami_down: str | None,
    differences: int,
):
    attempt = dial_next(base, spring)
    now = NOON + 2 * DAY
    engine_runs(base, now=now if lives else NOON, ami_down=ami_down)
    text = record("s", unique_id=attempt.channel_id)
    told = compared(base, tmp_path / "Master.csv", text)
    assert len(told.differences) == differences
    assert [one.kind for one in told.doubts] == ["unsettled"] * (1 - differences)


def test_at_any_time_what_cannot_be_told_is_no_difference(
    base: Engine, spring: StoredCampaign, tmp_path: Path
):
    file = tmp_path / "Master.csv"
    over, on = dial_next(base, spring), dial_next(base, spring)
    close(base, spring, over, Outcome.BUSY)
    assert kinds(compared(base, file, "")) == ["after_records", "may_live"]
    its_own = record("s", "BUSY", at="10:00:20", unique_id=over.channel_id)
    assert kinds(compared(base, file, its_own)) == ["may_live"]
    strange = record("s", at="10:05:00", unique_id="rb-of-another-base")
    assert kinds(compared(base, file, its_own + strange)) == ["other_base", "may_live"]
    newer = compared(base, file, its_own + strange, now=NOON + timedelta(minutes=5))
    assert kinds(newer) == ["newer", "may_live"]
    assert newer.by_kind == {"newer": 1, "may_live": 1}
    told = ledger_check.document(newer)
    assert [one["kind"] for one in told["ambiguous"]] == ["newer", "may_live"]
    assert f"attempt {on.id} " in told["ambiguous"][1]["what"]


def test_a_call_at_midnight_is_compared_on_the_day_of_its_attempt(
    base: Engine, spring: StoredCampaign, tmp_path: Path
):
    file = tmp_path / "Master.csv"
    before_midnight = NOON + timedelta(hours=13, minutes=59, seconds=58)
    attempt = dial_next(base, spring, now=before_midnight)
    close(base, spring, attempt, Outcome.BUSY)
    next_day = record("22000001", "BUSY", at="00:00:01").replace("2026-06-02", "2026-06-03")
    for day, attempts in ((2, 1), (3, 0)):
        whole_day = date(2026, 6, day)
        told = compared(base, file, next_day, first=whole_day, last=whole_day)
        assert (told.attempts, told.differences, told.doubts) == (attempts, (), ())


def test_another_campaigns_calls_to_a_number_are_paired_and_not_told(
    base: Engine, spring: StoredCampaign, tmp_path: Path
):
    first = dial_next(base, spring)
    close(base, spring, first, Outcome.BUSY)
    winter = started(base, definition(name="winter"))
    later = NOON + timedelta(hours=1)
    second = dial_next(base, winter, now=later)
    close(base, winter, second, Outcome.CONNECTED)
    called = str(first.phone)
    assert second.phone == called
    text = record(called, "BUSY") + record(called, at="11:00:01")
    for name in ("spring", "winter", None):
        told = compared(base, tmp_path / "Master.csv", text, campaign=name)
        assert (told.attempts, told.differences, told.doubts) == (1 if name else 2, (), ()), name


def test_a_file_of_something_else_is_refused(base: Engine, tmp_path: Path):
    with pytest.raises(UsageError, match="holds no call records: line 1: has 1 columns"):
        compared(base, tmp_path / "Master.csv", "phone\n22000001\n")
    half = compared(base, tmp_path / "Master.csv", "phone\n" + record("22000001"))
    assert len(half.unreadable) == 1
    assert not half.agree
    with reading(base) as connection, pytest.raises(UsageError, match="cannot be read"):
        ledger_check.compare(
            connection,
            tmp_path / "none",
            campaign=None,
            region=None,
            first=None,
            last=None,
            now=NOON,
        )
