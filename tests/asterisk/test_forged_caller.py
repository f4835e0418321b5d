"""Whoever calls us writes their own SIP: nothing in it becomes an event or a header of AMI."""

import itertools
import socket

import pytest

from dialer.ami.client import AmiClient
from dialer.ami.wire import Message
from tests.waiting import until

_calls = itertools.count(1)
END = "%0d%0a"
FORGED = f"{END}{END}Event:%20UserEvent{END}UserEvent:%20Ringbank{END}Attempt:%20rb-1".replace(
    ":", "%3A"
)
"""As pjsip takes it: a colon would end the user of a SIP address. Asterisk keeps 79 letters of it."""


def invite(lab, *, user: str = "%2B4722000001", name: str = "Kari", to: str = "+4721000000") -> str:
    """Send an INVITE as a telephone of the network writes it, and end the call; return its answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.connect(("127.0.0.1", lab.pbx.sip_port))
        phone.settimeout(5)
        port, call = phone.getsockname()[1], next(_calls)
        common = (
            f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{call};rport\r\n"
            f'From: "{name}" <sip:{user}@127.0.0.1:{port}>;tag=t{call}\r\n'
            f"To: <sip:{to}@127.0.0.1>\r\nCall-ID: forged-{call}-{port}\r\nMax-Forwards: 70\r\n"
        )
        offer = (
            f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {port + 1} RTP/AVP 0\r\n"
        )
        uri = f"sip:{to}@127.0.0.1:{lab.pbx.sip_port}"
        phone.send(
            f"INVITE {uri} SIP/2.0\r\n{common}CSeq: 1 INVITE\r\n"
            f"Contact: <sip:kari@127.0.0.1:{port}>\r\nContent-Type: application/sdp\r\n"
            f"Content-Length: {len(offer)}\r\n\r\n{offer}".encode()
        )
        answers = ""
        while not any(f"SIP/2.0 {code}" in answers for code in ("18", "2", "4", "5", "6")):
            answers += phone.recv(65_536).decode(errors="replace")
        phone.send(
            f"CANCEL {uri} SIP/2.0\r\n{common}CSeq: 1 CANCEL\r\nContent-Length: 0\r\n\r\n".encode()
        )
        return answers


def called_back(link, lab, **forged: str) -> list[dict[str, str]]:
    """Send a forged INVITE, then an honest one; return the events until that one has ended."""
    invite(lab, **forged)
    honest = f"47220{next(_calls):05}"
    invite(lab, user=honest)
    link.until(UserEvent="RingbankReturned", Caller=honest, Stage="ended")
    return link.events


@pytest.mark.parametrize("where", ["user", "to"])
def test_a_caller_who_writes_an_event_into_their_number_is_not_heard(lab, link, where):
    events = called_back(link, lab, **{where: f"4721000000{FORGED}"})
    assert not any(event.get("Attempt") for event in events)
    assert {event.get("UserEvent") for event in events} == {None, "RingbankReturned"}


@pytest.mark.parametrize("where", ["user", "to"])
@pytest.mark.parametrize("retyped", ["Event", "eVENT"])
def test_a_caller_cannot_make_another_event_of_theirs(lab, link, where, retyped):
    forged = f"4721000000{END}{retyped}:%20Hangup{END}Uniqueid:%20rb-1".replace(":", "%3A")
    events = called_back(link, lab, **{where: forged})
    assert not any(event.get("Uniqueid") == "rb-1" for event in events)
    assert all(event.get(retyped, "x") != "Hangup" or event.get("Cause-txt") for event in events)


@pytest.mark.parametrize("where", ["user", "to"])
def test_a_header_in_a_number_leaves_the_event_what_it_was(lab, link, where):
    forged = f"4721000000{END}Uniqueid: rb-1{END}ChannelState: 6".replace(":", "%3A")
    blocks = raw_blocks(lab, {where: forged.replace(" ", "%20")})
    told = [message for message in blocks if "rb-1" in message.all("Uniqueid")]
    assert told, "nothing was forged"
    for message in told:
        facts = message.facts()
        assert (facts["event"], facts["channelstate"]) == ("Newchannel", "4")
        assert facts["uniqueid"] == facts["linkedid"] != "rb-1"


def raw_blocks(lab, forged: dict[str, str]) -> list[Message]:
    """Return what the client hears of a forged INVITE."""
    heard: list[Message] = []
    client = AmiClient(
        "127.0.0.1", lab.ami_port, username="dialer", secret=lab.secret,
        on_message=heard.append, on_lost=print,
    )  # fmt: skip
    client.open()
    try:
        invite(lab, **forged)
        until(lambda: any(message.name == "Hangup" for message in heard), 10)
    finally:
        client.close()
    return heard


def test_a_display_name_is_told_as_it_is(lab, link):
    events = called_back(link, lab, name=f"Kari{FORGED}")
    assert {event.get("UserEvent") for event in events} == {None, "RingbankReturned"}
