"""Recordings in the base and on the disk: what is kept, for how long, and what erasing leaves."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from campaigns import recordings
from campaigns.desk_tables import recordings as table
from campaigns.erasure import erase
from campaigns.exports.attempts import COLUMNS, attempts_content
from campaigns.exports.content import Choice
from campaigns.ledger import OpenAttempt
from campaigns.model import Outcome
from campaigns.recording_files import NoFolderError, expire
from campaigns.recordings import Recorded, RecordingRow
from campaigns.store import StoredCampaign
from campaigns.tables import attempts
from leads.db import reading, writing
from leads.errors import UsageError
from leads.site import Settings, Site
from tests.db.people import NOON, close, definition, dial_next, import_text, started

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def stored(base: Engine) -> StoredCampaign:
    """A campaign that records its talks."""
    import_text(base, "name;phone\nKari;+4721000001\n")
    return started(base, definition(recording='[recording]\nkeep = "90d"'))


@pytest.fixture
def talk(base: Engine, stored: StoredCampaign) -> OpenAttempt:
    """A call of it that goes on."""
    return dial_next(base, stored)


def recorded(attempt: OpenAttempt, size: int | None = None) -> Recorded:
    return Recorded(attempt_id=attempt.id, channel_id=attempt.channel_id, began_at=NOON, size=size)


def note(base: Engine, attempt: OpenAttempt, size: int | None = None) -> None:
    with writing(base) as connection:
        recordings.note(connection, recorded(attempt, size))


def row_of(base: Engine, attempt: OpenAttempt) -> RecordingRow:
    with reading(base) as connection:
        found = recordings.of_attempt(connection, attempt.id)
    assert found is not None
    return found


def site(base: Engine, folder: Path | None) -> Site:
    settings = Settings(
        region=None, registries=Path(), trunks={}, engine="default", rules_folder=None,
        own_rules={}, recordings=folder, require_token=False, pauses={},
    )  # fmt: skip
    return Site(config_file=Path("x"), opener=lambda: base, settings=lambda: settings)


def test_a_recording_is_kept_with_its_file_and_the_day_of_its_end(base, talk):
    note(base, talk)
    note(base, talk, 160_044)
    note(base, talk, 160_044)
    row = row_of(base, talk)
    assert row.file == f"{talk.channel_id}.wav"
    assert row.seconds == 10.0
    assert row.delete_on == (NOON + 90 * DAY).date()
    with reading(base) as connection:
        assert [one.id for one in recordings.kept(connection)] == [row.id]


@pytest.mark.parametrize(("size", "is_there"), [(None, True), (0, False), (44, False), (45, True)])
def test_a_file_without_a_sample_is_no_recording(base, talk, size, is_there):
    note(base, talk, size)
    with reading(base) as connection:
        assert bool(recordings.kept(connection)) is is_there
        content = attempts_content(connection, Choice())
        (cells,) = [row for part in content.parts for row in part.rows]
    at = [name for name, _ in COLUMNS].index("recording")
    assert tuple(cells)[at] == (row_of(base, talk).file if is_there else None)


def test_pauses_are_pairs_and_the_last_may_be_open(base, talk):
    note(base, talk)
    moments = [NOON + second * SECOND for second in (5, 9, 20)]
    for at, ends in zip(moments, (False, True, False), strict=True):
        for _ in range(2):
            with writing(base) as connection:
                recordings.note_pause(connection, talk.id, at, ends=ends)
    row = row_of(base, talk)
    assert row.pauses == (
        (moments[0].isoformat(), moments[1].isoformat()),
        (moments[2].isoformat(), None),
    )
    assert recordings.is_paused(row)


def test_resuming_what_is_not_paused_notes_nothing(base, talk):
    note(base, talk)
    with writing(base) as connection:
        recordings.note_pause(connection, talk.id, NOON, ends=True)
    assert row_of(base, talk).pauses == ()


@pytest.mark.parametrize(("days", "gone"), [(89, False), (90, True)])
def test_a_file_is_deleted_on_its_day_and_not_before(base, stored, talk, tmp_path, days, gone):
    note(base, talk, 160_044)
    close(base, stored, talk, Outcome.CONNECTED)
    file = tmp_path / row_of(base, talk).file
    file.write_bytes(b"x" * 160_044)
    other = tmp_path / "somebody-elses.wav"
    other.touch()
    done = expire(site(base, tmp_path), now=NOON + days * DAY)
    assert (done.deleted, file.exists(), other.exists()) == (int(gone), not gone, True)
    row = row_of(base, talk)
    assert row.deleted_at == (NOON + days * DAY if gone else None)
    assert row.file, "that there was one is kept"
    again = expire(site(base, tmp_path), now=NOON + 200 * DAY)
    assert (again.deleted, again.were_gone) == (int(not gone), 0)


def test_a_call_that_goes_on_loses_no_file(base, talk, tmp_path):
    note(base, talk)
    done = expire(site(base, tmp_path), now=NOON + 365 * DAY)
    assert (done.deleted, done.were_gone) == (0, 0)


def test_where_the_folder_is_not_known_or_not_there_nothing_is_written_as_deleted(
    base, stored, talk, tmp_path
):
    note(base, talk, 160_044)
    close(base, stored, talk, Outcome.CONNECTED)
    late = NOON + 91 * DAY
    with pytest.raises(UsageError, match="recordings in the section"):
        expire(site(base, None), now=late)
    with pytest.raises(NoFolderError, match="is not there"):
        expire(site(base, tmp_path / "not-mounted"), now=late)
    assert row_of(base, talk).deleted_at is None
    done = expire(site(base, tmp_path), now=late)
    assert (done.deleted, done.were_gone) == (0, 1)
    assert row_of(base, talk).deleted_at == late


def test_a_file_that_cannot_be_deleted_stays_in_the_list(base, stored, talk, tmp_path, capsys):
    note(base, talk, 160_044)
    close(base, stored, talk, Outcome.CONNECTED)
    (tmp_path / row_of(base, talk).file).mkdir()  # a folder in its place: unlink fails
    done = expire(site(base, tmp_path), now=NOON + 91 * DAY)
    assert done.failed == 1
    assert "cannot be deleted" in capsys.readouterr().err
    assert row_of(base, talk).deleted_at is None


def test_erasing_a_person_has_their_recordings_go_at_once(base, stored, talk, tmp_path):
    note(base, talk, 160_044)
    close(base, stored, talk, Outcome.CONNECTED)
    file = tmp_path / row_of(base, talk).file
    file.touch()
    with writing(base) as connection:
        lead_id = connection.scalar(select(attempts.c.lead_id).where(attempts.c.id == talk.id))
        done = erase(connection, lead_id, now=NOON)
    assert done.recordings == 1
    assert expire(site(base, tmp_path), now=NOON).deleted == 1
    assert not file.exists()


def test_the_laws_time_is_kept_where_it_is_the_shorter_one(base, talk):
    with writing(base) as connection:
        connection.execute(
            update(attempts)
            .where(attempts.c.id == talk.id)
            .values(decision={"recording": {"keep_days": 7}})
        )
    note(base, talk)
    assert row_of(base, talk).delete_on == (NOON + 7 * DAY).date()
    assert isinstance(row_of(base, talk).delete_on, date)
    with reading(base) as connection:
        assert connection.execute(select(table.c.delete_on)).scalar_one()
