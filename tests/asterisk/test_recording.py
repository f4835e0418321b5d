"""Recording by campaign, engine and Asterisk together: the file, its pauses, its end."""

import pytest
from sqlalchemy import select

from campaigns.desk_tables import recordings
from tests.asterisk.site import Site
from tests.asterisk.sound import RATE, finished, samples, tones_in
from tests.asterisk.test_progressive import PROGRESSIVE, on_sqlite
from tests.waiting import until

pytestmark = pytest.mark.timeout(150)

PERSON, AGENT = 500, 700
TONES = (PERSON, AGENT)


def talk(site: Site, recording: str) -> tuple[str, str]:
    """Bring a person to Anna in a campaign that records; return their number and the lease."""
    (called,) = site.people("16")
    site.campaign("progressive", f"{PROGRESSIVE}\n{recording}")
    site.add_agent("anna", "17")
    site.ringbank("agents", "login", "anna")
    site.ringbank("agents", "ready", "anna")
    return called, site.next("anna")["lease"]


def rows(site: Site):
    return site.read(select(recordings))


@on_sqlite
def test_a_talk_is_recorded_paused_and_resumed_and_listed(site: Site):
    engine = site.engine()
    called, lease = talk(site, '[recording]\nkeep = "90d"')
    attempt = site.attempt(called)
    assert attempt.decision["recording"]["announce"] is True
    file = site.lab.recordings / f"{attempt.channel_id}.wav"
    until(lambda: len(samples(file)) > RATE, 15)
    site.ringbank("recording", "pause", lease)
    engine.kill()
    muted_from = len(samples(file))
    engine = site.engine()
    until(lambda: len(samples(file)) > muted_from + 6 * RATE, 30)
    muted_to = len(samples(file))
    said = site.ringbank(
        "supervise", "move", "anna", "--to", "+4721000020", "--by", "anna", status=3
    )
    assert "neither supervisor" in said
    site.ringbank("recording", "resume", lease)
    until(lambda: len(samples(file)) > muted_to + 5 * RATE, 30)
    site.result(lease)
    engine.until(lambda: site.attempt(called).ended_at)
    engine.until(lambda: rows(site)[0].bytes)
    (row,) = rows(site)
    assert row.file == file.name
    assert row.bytes > 44 + 10 * RATE * 2
    ((began, ended),) = row.pauses
    assert attempt.dialed_at.isoformat() < began < ended
    (shown,) = site.ringbank("recording", "list")
    assert (shown["file"], shown["pauses"]) == (file.name, 1)
    until(lambda: len(finished(file)) > muted_to, 5)
    sound = finished(file)
    assert not sound[muted_from + 4 * RATE : muted_to].any(), "a pause holds not one sample"
    assert tones_in(sound[:RATE], TONES) == {PERSON, AGENT}
    assert tones_in(sound[-RATE:], TONES) == {PERSON, AGENT}
    engine.interrupt()
    assert engine.ends() == 130


@on_sqlite
def test_without_the_section_nothing_is_recorded_and_nothing_to_pause(site: Site):
    engine = site.engine()
    before = set(site.lab.recordings.glob("*"))
    called, lease = talk(site, "")
    said = site.ringbank("recording", "pause", lease, status=3)
    assert "is not recorded" in said
    site.result(lease)
    engine.until(lambda: site.attempt(called).ended_at)
    assert rows(site) == []
    assert set(site.lab.recordings.glob("*")) == before
    engine.interrupt()
    assert engine.ends() == 130


@on_sqlite
def test_a_talk_goes_on_unrecorded_where_asterisk_finds_no_place_and_is_not_listed(site: Site):
    site.configure()
    text = site.config.read_text().replace(
        "[asterisk]\n", '[asterisk]\nrecordings = "/dev/null/nowhere"\n'
    )
    site.config.write_text(text)
    engine = site.engine()
    called, lease = talk(site, '[recording]\nkeep = "90d"')
    site.result(lease)
    engine.until(lambda: site.attempt(called).ended_at)
    assert site.attempt(called).outcome == "connected"
    (row,) = rows(site)
    assert row.bytes == 0
    assert site.ringbank("recording", "list") == []
    engine.interrupt()
    assert engine.ends() == 130
