"""Supervisors at real talks: commands, engine and Asterisk together, proven by who hears whom."""

from types import SimpleNamespace

import pytest
from sqlalchemy import select

from campaigns.desk_tables import supervisions
from campaigns.tables import claims
from tests.asterisk.site import Site, name_of
from tests.asterisk.sound import Ear
from tests.asterisk.test_progressive import PROGRESSIVE, on_sqlite

PERSON, AGENT, BO, CLEO = 500, 700, 1500, 1900
TONES = (PERSON, AGENT, BO, CLEO)


pytestmark = pytest.mark.timeout(150)  # a second of sound for each proof, a process for each word


class Floor:
    """Anna talks to a person; Bo and Cleo are supervisors, and all their telephones hum."""

    def __init__(self, site: Site) -> None:
        self.site = site
        (self.called,) = site.people("16")
        site.campaign("progressive", PROGRESSIVE)
        self.engine = site.engine()
        self.phones = {
            "person": self.called,
            "anna": site.add_agent("anna", "17"),
            "bo": site.supervisor("bo", "18"),
            "cleo": site.supervisor("cleo", "19"),
        }
        site.ringbank("agents", "login", "anna")
        site.ringbank("agents", "ready", "anna")
        self.lease = site.next("anna")["lease"]

    def hears(self, who: str, *tones: int) -> None:
        try:
            Ear(self.site.lab.heard(self.phones[who]), TONES).hears(want=set(tones))
        except AssertionError as error:
            lines = self.site.lab.pbx.cli("core show channels concise").stdout
            raise AssertionError(f"{error}; on the line:\n{lines}") from error

    def supervise(self, *words: str, status: int = 0) -> object:
        return self.site.ringbank("supervise", *words, status=status)

    def rows(self) -> list[SimpleNamespace]:
        return self.site.read(select(supervisions).order_by(supervisions.c.id))

    def who_has(self) -> str | None:
        """Return the agent of the attempt and of the lease, which must be the same."""
        names = {self.site.agent(name).id: name for name in ("anna", "bo", "cleo")}
        attempt = self.site.attempt(self.called)
        for claim in self.site.read(select(claims)):
            assert claim.agent_id == attempt.agent_id
        return names.get(attempt.agent_id)

    def over(self) -> None:
        self.engine.until(lambda: self.site.attempt(self.called).ended_at)

    def stop(self) -> None:
        """Have whoever still talks hang up, and end the engine."""
        self.site.lab.pbx.cli("channel request hangup all")
        self.over()
        self.engine.interrupt()
        assert self.engine.ends() == 130


@pytest.fixture
def floor(site: Site) -> Floor:
    return Floor(site)


@on_sqlite
def test_a_supervisor_who_is_not_logged_in_listens_whispers_and_steps_in(floor, site):
    floor.supervise("listen", "anna", "--by", "bo")
    floor.hears("bo", PERSON, AGENT)
    floor.hears("person", AGENT)
    lines = site.channels()
    assert len(lines) == 3

    floor.supervise("whisper", floor.lease, "--by", "bo")
    floor.hears("anna", PERSON, BO)
    floor.hears("person", AGENT)

    floor.supervise("join", "anna", "--by", "bo")
    floor.hears("person", AGENT, BO)
    assert site.channels() == lines, "the telephone was rung once"
    (seen,) = floor.supervise("list")
    assert (seen["agent"], seen["person"], seen["live"]) == ("anna", name_of(floor.called), True)
    assert [(s["name"], s["kind"]) for s in seen["supervisors"]] == [("bo", "join")]

    site.result(floor.lease)
    floor.over()
    floor.engine.until(lambda: len(site.channels()) == 1)
    assert site.agent("bo").state == "out"
    rows = floor.rows()
    assert [row.kind for row in rows] == ["listen", "whisper", "join"]
    assert all(row.asked_at <= row.began_at <= row.ended_at for row in rows)
    assert len({row.channel_id for row in rows}) == 1
    assert floor.who_has() == "anna"
    floor.stop()


@on_sqlite
def test_a_supervisor_who_is_logged_in_listens_on_the_line_of_their_room(floor, site):
    site.ringbank("agents", "login", "bo")
    lines = site.channels()
    floor.supervise("listen", "anna", "--by", "bo")
    floor.hears("bo", PERSON, AGENT)
    assert sorted(site.channels()) == sorted(lines)
    said = site.ringbank("agents", "ready", "bo", status=1)
    assert "ringbank supervise end --by bo" in said, "their room is empty meanwhile"
    floor.supervise("end", "--by", "bo")
    floor.hears("bo")
    assert sorted(site.channels()) == sorted(lines), "the line is back in its room"
    site.ringbank("agents", "ready", "bo")
    assert site.agent("bo").state == "ready"
    floor.stop()


@on_sqlite
def test_two_supervisors_are_at_one_talk_and_the_person_hangs_up(floor, site, link):
    floor.supervise("listen", "anna", "--by", "bo")
    floor.supervise("whisper", "anna", "--by", "cleo")
    floor.hears("bo", PERSON, AGENT)
    floor.hears("anna", PERSON, CLEO)
    floor.hears("person", AGENT)
    link.send("Hangup", Channel=site.attempt(floor.called).channel_id)
    floor.over()
    floor.engine.until(lambda: len(site.channels()) == 1)
    assert site.agent("anna").state == "wrap_up"
    assert all(row.ended_at for row in floor.rows())
    assert site.next("anna")["lease"] == floor.lease
    said = floor.supervise("listen", "anna", "--by", "bo", status=3)
    assert "nobody is on the line" in said
    floor.stop()


@on_sqlite
def test_only_supervisors_and_managers_may(floor, site):
    for words in (
        ("listen", "cleo", "--by", "anna"),
        ("take", "anna", "--by", "anna"),
        ("move", "anna", "--to", "+4721000055", "--by", "anna"),
        ("end", "--by", "anna"),
    ):
        said = floor.supervise(*words, status=3)
        assert "neither supervisor nor manager" in said
    assert floor.rows() == []
    floor.stop()


@on_sqlite
@pytest.mark.parametrize("way", ["rung", "logged in", "listening"])
def test_a_supervisor_takes_the_person_over_and_gives_the_one_result(floor, site, way):
    if way == "logged in":
        site.ringbank("agents", "login", "bo")
    if way == "listening":
        floor.supervise("listen", "anna", "--by", "bo")
    floor.supervise("take", "anna", "--by", "bo")
    floor.hears("person", BO)
    floor.hears("bo", PERSON)
    floor.hears("anna")
    assert floor.who_has() == "bo"
    assert site.agent("bo").state == "talking"
    assert site.agent("anna").state == "ready", "she is free again"
    assert site.ringbank("next", "--campaign", "calls", "--agent", "anna")["lease"] is None
    assert site.next("bo")["lease"] == floor.lease
    site.result(floor.lease)
    floor.over()
    after = "paused" if way == "logged in" else "out"
    floor.engine.until(lambda: site.agent("bo").state == after)
    floor.engine.until(lambda: len(site.channels()) == (2 if way == "logged in" else 1))
    attempt = site.attempt(floor.called)
    assert (attempt.outcome, attempt.disposition) == ("connected", "completed")
    assert floor.rows()[-1].kind == "take"
    floor.engine.until(lambda: all(row.ended_at for row in floor.rows()))
    floor.stop()


@on_sqlite
def test_the_person_stays_with_who_stepped_in_when_the_agents_telephone_drops(floor, site, link):
    floor.supervise("join", "anna", "--by", "bo")
    link.send("Hangup", Channel=site.agent("anna").channel_id)
    floor.engine.until(lambda: site.agent("anna").state == "out")
    floor.hears("person", BO)
    floor.hears("bo", PERSON)
    assert floor.who_has() == "bo"
    said = site.ringbank("agents", "login", "anna", status=1)
    assert "still talks to the person" in said, "two talks in one room must not be"
    site.result(site.next("bo")["lease"])
    floor.over()
    floor.engine.until(lambda: site.channels() == [])
    site.ringbank("agents", "login", "anna")
    assert site.agent("anna").state == "paused"
    assert "dropped" in floor.rows()[0].detail
    floor.stop()


@on_sqlite
def test_an_engine_started_again_finds_the_supervisors_and_ends_them_with_the_talk(floor, site):
    floor.supervise("whisper", "anna", "--by", "bo")
    site.ringbank("agents", "login", "cleo")
    floor.supervise("listen", "anna", "--by", "cleo")
    floor.engine.kill()
    floor.hears("bo", PERSON, AGENT)
    floor.hears("anna", PERSON, BO)
    floor.engine = site.engine()
    (seen,) = floor.supervise("list")
    assert {(s["name"], s["kind"]) for s in seen["supervisors"]} == {
        ("bo", "whisper"), ("cleo", "listen"),
    }  # fmt: skip
    floor.supervise("join", "anna", "--by", "bo")
    floor.hears("person", AGENT, BO)
    site.result(floor.lease)
    floor.over()
    floor.engine.until(lambda: len(site.channels()) == 2)
    assert site.agent("cleo").state == "paused"
    site.ringbank("agents", "ready", "cleo")
    floor.engine.until(lambda: all(row.ended_at for row in floor.rows()))
    floor.stop()


@on_sqlite
def test_a_person_is_moved_to_another_number_and_the_agent_goes_on(floor, site, number):
    phone = number("19")
    floor.supervise("listen", "anna", "--by", "bo")
    floor.supervise("move", "anna", "--to", phone, "--by", "cleo")
    floor.phones["second level"] = phone
    floor.hears("person", CLEO)
    floor.hears("second level", PERSON)
    floor.engine.until(lambda: site.agent("anna").state == "wrap_up")
    (other,) = site.people("00")
    site.result(floor.lease)
    second = site.next("anna")
    assert second["lead"]["name"] == name_of(other)
    assert site.attempt(floor.called).ended_at is None, "her result does not end their talk"
    floor.hears("person", CLEO)
    site.result(second["lease"])
    floor.engine.until(lambda: site.attempt(other).ended_at)
    site.lab.pbx.cli("channel request hangup all")
    floor.over()
    attempt = site.attempt(floor.called)
    assert (attempt.outcome, attempt.disposition) == ("connected", "completed")
    assert floor.who_has() == "anna"
    assert [(row.kind, bool(row.began_at)) for row in floor.rows()] == [
        ("listen", True), ("transfer", True),
    ]  # fmt: skip
    assert site.read(select(claims)) == []
    floor.stop()


@on_sqlite
def test_a_person_who_cannot_be_moved_is_back_with_the_agent(floor, site, number):
    said = floor.supervise("move", floor.lease, "--to", number("20"), "--by", "bo", status=1)
    assert "busy" in said
    assert "back in the agent's room" in said
    floor.hears("person", AGENT)
    assert site.agent("anna").state == "talking"
    floor.supervise("move", "anna", "--to", "21 2", "--by", "bo", status=2)
    floor.supervise("move", "anna", "--to", "Local/s@ringbank-room", "--by", "bo", status=2)
    site.result(floor.lease)
    floor.over()
    floor.stop()


@on_sqlite
def test_an_agent_moves_whom_they_have_to_a_named_number_only(floor, site, number):
    phone = number("19")
    site.configure(more=f'[transfers]\nsecond_level = "{phone}"')
    said = floor.supervise("move", "anna", "--to", number("18"), "--by", "anna", status=3)
    assert "neither supervisor nor manager" in said
    floor.supervise("move", "anna", "--to", "second_level", "--by", "anna")
    floor.phones["second level"] = phone
    floor.hears("second level", PERSON)
    floor.stop()


@on_sqlite
def test_help_is_seen_until_a_supervisor_comes(floor, site):
    site.ringbank("agents", "help", "anna", "--note", "wants the manager")
    (seen,) = floor.supervise("list")
    assert seen["help"]["note"] == "wants the manager"
    (shown,) = site.ringbank("status")["help"]
    assert (shown["agent"], shown["note"]) == ("anna", "wants the manager")
    floor.supervise("join", "anna", "--by", "bo")
    (seen,) = floor.supervise("list")
    assert seen["help"] is None
    row = floor.rows()[0]
    assert (row.kind, row.supervisor_id) == ("help", site.agent("bo").id)
    said = site.ringbank("agents", "help", "bo", status=3)
    assert "nobody" in said
    floor.stop()


@on_sqlite
def test_a_supervisors_telephone_that_is_not_answered_changes_nothing(floor, site):
    site.supervisor("dan", "20")
    said = floor.supervise("listen", "anna", "--by", "dan", status=1)
    assert "was not answered" in said
    (row,) = floor.rows()
    assert row.ended_at
    assert row.began_at is None
    floor.hears("person", AGENT)
    said = floor.supervise("end", "--by", "dan", status=1)
    assert "at nobody's talk" in said
    floor.stop()
