"""An engine that stands still and does not read: Asterisk waits for it, then cuts it off."""

import pytest

from dialer import link as links
from dialer.ami.wire import Message
from dialer.config import Asterisk
from dialer.lab.lab import Lab
from dialer.link import Link, Lost
from tests.waiting import until

ROOM = 20
EVENTS = 4000
"""Of two kilobytes: more than the two ends of a TCP connection hold for one that does not read."""
STEPS = (
    f"Set(BULK={'x' * 64})",
    *["Set(BULK=${BULK}${BULK})"] * 5,
    "Set(COUNT=0)",
    "UserEvent(Flood,Count: ${COUNT},Bulk: ${BULK})",
    "Set(COUNT=$[${COUNT} + 1])",
    f"GotoIf($[${{COUNT}} < {EVENTS}]?8)",
    "Hangup()",
)


def connected(lab: Lab) -> int:
    told = lab.pbx.cli("manager show connected").stdout
    return sum(line.split()[:1] == ["dialer"] for line in told.splitlines())


def flood(lab: Lab, link) -> None:
    """Have a channel tell so many events, one after the other."""
    for priority, step in enumerate(STEPS, 1):
        lab.pbx.cli(f'dialplan add extension "flood,{priority},{step}" into flood replace')
    shown = lab.pbx.cli("dialplan show flood").stdout
    assert f"{len(STEPS)} priorities" in shown, shown
    began = link.send(
        "Originate", Channel="Local/flood@flood", Application="Wait", Data=30, Async="true"
    )
    assert began["Response"] == "Success", began


@pytest.fixture
def standing(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    """A link on which nothing is taken."""
    monkeypatch.setattr(links, "_QUEUE", ROOM)
    made = Link(Asterisk(host="127.0.0.1", port=lab.ami_port, username="dialer", secret=lab.secret))
    made.open()
    yield made
    made.close()
    lab.reload_dialplan()


def test_who_does_not_read_is_cut_off_and_finds_the_loss_behind_what_it_was_told(
    lab: Lab, link, standing: Link
):
    assert connected(lab) == 2
    flood(lab, link)
    # It keeps nobody else waiting.
    link.until(20, UserEvent="Flood", Count=str(EVENTS - 1))
    until(lambda: connected(lab) == 1, 20)

    taken: list[Message | Lost] = []
    until(lambda: taken.extend(standing.take(0.1)) or any(isinstance(x, Lost) for x in taken), 20)
    assert isinstance(taken[-1], Lost)
    told = [int(one.get("Count")) for one in taken[:-1] if one.get("UserEvent") == "Flood"]
    assert ROOM < len(told) < EVENTS
    assert told == list(range(len(told)))

    standing.open()
    assert standing.ask("Ping").name == "Success"
