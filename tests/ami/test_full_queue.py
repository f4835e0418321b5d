"""An engine that stands still: what it is told waits, in a bounded queue, and nothing is dropped."""

import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from dialer import link as links
from dialer.ami.errors import AmiTimeoutError
from dialer.ami.wire import Message
from dialer.config import Asterisk
from dialer.link import Link, Lost
from tests.ami.fake_manager_server import SECRET, FakeManagerServer, event, numbers
from tests.waiting import until

ROOM = 10


@pytest.fixture
def server() -> Iterator[FakeManagerServer]:
    with FakeManagerServer() as running:
        yield running


@pytest.fixture
def link(server: FakeManagerServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Link]:
    monkeypatch.setattr(links, "_QUEUE", ROOM)
    made = Link(Asterisk(host=server.host, port=server.port, username="dialer", secret=SECRET))
    made.open()
    yield made
    made.close()


def waiting_in(link: Link) -> int:
    return link._queue.qsize()


def readers() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name.startswith("ami ")]


def test_the_queue_is_bounded_and_everything_comes_out_of_it_in_order(
    server: FakeManagerServer, link: Link
) -> None:
    server.say(b"".join(map(event, range(5 * ROOM))))
    until(lambda: waiting_in(link) == ROOM)
    heard: list[int] = []
    while len(heard) < 5 * ROOM:
        assert waiting_in(link) <= ROOM
        came = numbers(link.take(2))
        assert came, "the rest was dropped"
        heard += came
    assert heard == list(range(5 * ROOM))


def test_a_link_that_is_cut_meanwhile_is_told_behind_all_that_was_told_before(
    server: FakeManagerServer, link: Link
) -> None:
    server.say(b"".join(map(event, range(5 * ROOM))))
    server.hang_up()
    taken: list[Message | Lost] = []
    until(lambda: taken.extend(link.take(0.1)) or any(isinstance(one, Lost) for one in taken))
    assert numbers(taken) == list(range(5 * ROOM))
    assert isinstance(taken[-1], Lost)


def test_a_link_with_a_full_queue_is_closed_at_once_and_leaves_no_thread(
    server: FakeManagerServer, link: Link
) -> None:
    server.say(b"".join(map(event, range(5 * ROOM))))
    until(lambda: waiting_in(link) == ROOM)
    assert readers()
    closing = threading.Thread(target=link.close, daemon=True)
    closing.start()
    closing.join(2)
    assert not closing.is_alive(), "it waits for a reader that waits for room"
    assert readers() == []


def test_no_answer_comes_past_a_full_queue_and_the_next_link_is_a_good_one(
    server: FakeManagerServer, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link._client, "_timeout", 0.3)
    server.say(b"".join(map(event, range(5 * ROOM))))
    until(lambda: waiting_in(link) == ROOM)
    with pytest.raises(AmiTimeoutError):
        link.ask("Ping")
    link.close()
    link.open()
    assert link.ask("Ping").name == "Success"


def test_a_message_without_an_end_is_not_kept_for_ever(
    server: FakeManagerServer, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialer.ami.wire.MAX_BLOCK_BYTES", 100_000)
    with suppress(OSError):  # the other side hangs up before all is said
        for _ in range(1000):
            server.say(b"Event: UserEvent\r\nNumber: 1" + b"0" * 10_000)
    (lost,) = link.take(2)
    assert isinstance(lost, Lost)
    assert "no end within" in lost.why
