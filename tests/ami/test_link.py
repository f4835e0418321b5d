"""The engine's line to Asterisk: one action that cannot be sent takes no other with it."""

from datetime import UTC, datetime

import pytest

from dialer.actions import Action
from dialer.ami.transport import Transport
from dialer.clock import elapsed_s
from dialer.config import Asterisk
from dialer.link import Link
from dialer.translate import news
from tests.ami.fake_manager_server import SECRET, FakeManagerServer, event, numbers
from tests.waiting import until

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def test_an_action_that_cannot_be_sent_counts_as_refused_and_the_others_go_out() -> None:
    with FakeManagerServer() as server:
        link = Link(Asterisk(host=server.host, port=server.port, username="dialer", secret=SECRET))
        link.open()
        try:
            link.post(
                Action("Originate", (("Channel", channel),), f"originate:rb-{number}")
                for number, channel in enumerate(
                    [
                        "PJSIP/1",
                        "PJSIP/2\r\nApplication: System",
                        "PJSIP/" + "3" * 10_000,
                        "PJSIP/4",
                    ]
                )
            )
            until(lambda: len(server.named("Originate")) == 2)
            refused = link.take(0)
        finally:
            link.close()
    assert [one.get("Channel") for one in server.named("Originate")] == ["PJSIP/1", "PJSIP/4"]
    told = [news(one.facts(), at=NOW, moment=lambda _: NOW) for one in refused]
    assert [(one.channel_id, type(one.events[0]).__name__) for one in told if one] == [
        ("rb-1", "Refused"),
        ("rb-2", "Refused"),
    ]


def test_many_actions_go_out_whole_in_their_order_and_few_writes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[bytes] = []
    send = Transport.send

    def noted(link: Transport, data: bytes, timeout_s: float) -> None:
        sent.append(data)
        send(link, data, timeout_s)

    monkeypatch.setattr(Transport, "send", noted)
    with FakeManagerServer() as server:
        link = Link(Asterisk(host=server.host, port=server.port, username="dialer", secret=SECRET))
        link.open()
        sent.clear()
        try:
            link.post(
                Action("Originate", (("Channel", f"PJSIP/{n}"), ("Variable", f"FILL={'x' * 600}")))
                for n in range(200)
            )
            writes = len(sent)
            until(lambda: len(server.named("Originate")) == 200)
            link.post([])
        finally:
            link.close()
    assert [one.get("Channel") for one in server.named("Originate")] == [
        f"PJSIP/{n}" for n in range(200)
    ]
    assert len({one.get("ActionID") for one in server.named("Originate")}) == 200
    assert all(data.endswith(b"\r\n\r\n") for data in sent)
    assert 200 * 650 / 16_384 <= writes <= 20


def test_what_comes_one_by_one_is_taken_together_and_keeps_nobody_after_a_quiet_while() -> None:
    with FakeManagerServer() as server:
        link = Link(Asterisk(host=server.host, port=server.port, username="dialer", secret=SECRET))
        link.open()
        try:
            server.say(event(1))
            until(lambda: link._queue.qsize() == 1)
            assert numbers(link.take(2)) == [1]
            taken_s = elapsed_s()
            server.say(event(2))
            server.say(event(3))
            assert numbers(link.take(2, apart_s=1)) == [2, 3]
            assert elapsed_s() - taken_s >= 1 - 0.05
            assert link.take(1, apart_s=0) == []
            server.say(event(4))
            asked_s = elapsed_s()
            assert numbers(link.take(2, apart_s=1)) == [4]
            assert elapsed_s() - asked_s < 1
        finally:
            link.close()
