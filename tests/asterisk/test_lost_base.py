"""The base is lost while calls go on: nobody is called twice, and nothing is lost.

At the end of every test `Site.leave` holds each attempt against the network's records.
"""

from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from leads.db import connect, reading
from tests.asterisk.site import Site
from tests.db.cutting import cut, cut_after_it_is_kept
from tests.waiting import until

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

# Each is answered, busy, unanswered or hung up at once; all are over within some seconds.
CROWD = ("65", "20", "66", "00", "40", "65", "50", "66", "21", "65") * 4


@pytest.fixture
def server(site: Site) -> Iterator[Engine]:
    """A way to the base's server that is not the site's own."""
    engine = connect(site.url)
    yield engine
    engine.dispose()


def begin(site: Site) -> list[str]:
    site.configure(max_calls_per_second=8)
    people = site.people(*CROWD)
    site.broadcast("[breaker]\non = false  # so many who hang up at once would pause it\n")
    return people


def ends_well(site: Site, people: list[str]) -> None:
    found = site.attempts()
    assert {one.phone for one in found} == set(people)
    assert [one for one in found if one.ended_at is None or one.outcome in {None, "unknown"}] == []
    # What rang in the network is no more than what is written of each person.
    written = Counter(one.phone for one in found if one.evidence != "no_trace")
    assert Counter(one.number for one in site.network()) == written


def listener(server: Engine) -> int | None:
    """Return the server's process by which an engine hears that somebody asks for something."""
    heard = text(
        "SELECT pid FROM pg_stat_activity WHERE query = 'LISTEN ringbank_requests' AND datname = current_database()"
    )
    with reading(server) as connection:
        return connection.scalar(heard)


def test_connections_that_are_cut_again_and_again(site: Site, server: Engine):
    people = begin(site)
    engine = site.engine("--until-done")
    for _ in range(8):
        called = len(site.attempts())
        engine.until(lambda called=called: len(site.attempts()) > called)
        cut(server)
    engine.finishes()
    ends_well(site, people)


def test_commits_that_are_kept_and_never_answered(site: Site, server: Engine):
    people = begin(site)
    engine = site.engine("--until-done")
    for _ in range(6):
        called = len(site.attempts())
        engine.until(lambda called=called: len(site.attempts()) > called)
        with cut_after_it_is_kept(server) as was_cut:
            assert was_cut.wait(10)
    engine.finishes()
    assert engine.said.count("it may have been recorded") == 6
    ends_well(site, people)


def test_an_engine_that_was_cut_off_hears_requests_again(site: Site, server: Engine):
    site.engine()
    site.agent_ready("anna")
    listened = listener(server)
    assert listened is not None
    cut(server)
    until(lambda: listener(server) not in {None, listened}, 15)
    for words, state in (("pause", "paused"), ("ready", "ready")):
        assert site.ringbank("agents", words, "anna")["state"] == state
