"""What Asterisk says becomes messages, what Ringbank says becomes what Asterisk reads."""

import itertools
from pathlib import Path

import pytest
from asterisk.ami import SimpleAction
from asterisk.ami.event import Event
from hypothesis import given
from hypothesis import strategies as st

from dialer.ami.errors import UnsafeValueError
from dialer.ami.wire import MAX_LINE_BYTES, MAX_LINES, Message, Reader, encode

RECORDINGS = Path(__file__).parents[2] / "data" / "ami"
NAMES = sorted(path.stem for path in RECORDINGS.glob("*.txt"))

text = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=40)


def stream(name: str) -> bytes:
    """Return what Asterisk sent after its greeting."""
    comment, greeting, rest = (RECORDINGS / f"{name}.txt").read_bytes().split(b"\r\n", 2)
    assert comment.startswith(b"# Asterisk 22.")
    assert greeting == b"Asterisk Call Manager/11.0.0"
    return rest


def messages(name: str) -> list[Message]:
    return Reader().feed(stream(name))


def events(name: str, event: str) -> list[Message]:
    return [m for m in messages(name) if m.kind == "event" and m.name == event]


@pytest.mark.parametrize(
    ("name", "cause", "tech_cause", "reason"),
    [
        ("busy", "17", "486", "0"),
        ("unallocated", "1", "404", "0"),
        ("congestion", "34", "503", "0"),
        ("rang_out", "19", "480", "3"),
    ],
)
def test_an_unanswered_call_ends_with_its_cause(name, cause, tech_cause, reason):
    (hangup,) = events(name, "Hangup")
    (response,) = events(name, "OriginateResponse")
    assert hangup.get("Uniqueid") == f"rb-{name}"
    assert (hangup.get("Cause"), hangup.get("TechCause")) == (cause, tech_cause)
    assert (response.get("ActionID"), response.get("Reason")) == ("rb-10", reason)


def test_an_answered_call_is_heard_by_amd_and_hung_up():
    (response,) = events("answered", "OriginateResponse")
    (verdict,) = events("answered", "UserEvent")
    assert (response.get("Response"), response.get("Reason")) == ("Success", "4")
    assert (verdict.get("Attempt"), verdict.get("Verdict")) == ("rb-answered", "HUMAN")
    assert [m.get("Cause") for m in events("answered", "Hangup")] == ["16"]


def test_an_event_with_a_field_named_response_is_an_event():
    (response,) = events("busy", "OriginateResponse")
    assert (response.kind, response.get("Response")) == ("event", "Failure")


def test_the_answered_call_joins_the_agent_in_the_room():
    joins = events("agent_room", "ConfbridgeJoin")
    assert [m.get("Uniqueid") for m in joins] == ["rb-agent", "rb-lead"]
    assert {m.get("Conference") for m in joins} == {"700"}


def test_every_channel_variable_is_kept_where_the_library_event_loses_headers():
    hangup = events("busy", "Hangup")[0]
    assert hangup.all("ChanVariable") == ("ATTEMPT=rb-busy", "CAMPAIGN=tariff-switch")
    repeated = "Event: X\r\nVariable: A=1\r\nVariable: B=2"
    assert Event.read(repeated).keys == {"Variable": "B=2"}
    (ours,) = Reader().feed(f"{repeated}\r\n\r\n".encode())
    assert ours.all("variable") == ("A=1", "B=2")


def test_the_lines_of_a_command_keep_order_and_indentation():
    listing = next(m for m in messages("command") if m.get("ActionID") == "rb-20")
    lines = listing.all("Output")
    assert lines[:2] == (
        "",
        " Endpoint:  <Endpoint/CID.....................................>  <State.....>  "
        "<Channels.>",
    )
    options = [line.split()[0] for line in lines if " : " in line][1:]
    assert options == sorted(options)
    assert len(options) > 100


def test_a_list_ends_with_its_count():
    for name, count in (("db_get_tree", "3"), ("db_get_tree_empty", "0")):
        *_, start, end = [m for m in messages(name) if m.get("EventList")]
        assert (start.kind, start.get("EventList")) == ("response", "start")
        assert (end.get("EventList"), end.get("ListItems")) == ("Complete", count)
    kept = {m.get("Key"): m.get("Val") for m in events("db_get_tree", "DBGetTreeResponse")}
    assert kept["/ringbank/rb-kept-1"] == "failed reason=0"
    (channel,) = events("core_show_channels", "CoreShowChannel")
    assert channel.get("Uniqueid") == "rb-agent"


def test_a_refused_login_is_an_error():
    answer = messages("login_refused")[-1]
    assert (answer.kind, answer.name) == ("response", "Error")
    assert answer.get("Message") == "Authentication failed"


@given(st.sampled_from(NAMES), st.lists(st.integers(0, 13_000), max_size=12))
def test_no_byte_is_lost_wherever_the_stream_is_split(name, cuts):
    whole = stream(name)
    places = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    reader = Reader()
    got = [
        message
        for start, end in itertools.pairwise(places)
        for message in reader.feed(whole[start:end])
    ]
    assert got == messages(name)


def test_no_byte_is_lost_when_they_come_one_by_one():
    reader = Reader()
    whole = stream("agent_room")
    got = [m for at in range(len(whole)) for m in reader.feed(whole[at : at + 1])]
    assert got == messages("agent_room")


def test_a_message_comes_as_soon_as_it_is_whole():
    reader = Reader()
    assert reader.feed(b"Event: A\r\n\r") == []
    assert [m.name for m in reader.feed(b"\nEvent: B\r\n")] == ["A"]
    assert [m.name for m in reader.feed(b"\r\n")] == ["B"]


@pytest.mark.parametrize("sign", ["\n", "\u2028", "\x0b", "\x85", "\x1e"])
def test_a_caller_cannot_forge_a_header_with_a_sign_that_is_no_line_end(sign):
    block = f"Event: Hangup\r\nCallerIDName: Kari{sign}Cause: 16\r\nCause: 17"
    assert Event.read(block.replace("\r\nCause: 17", "")).keys.get("Cause") == "16"
    (ours,) = Reader().feed(f"{block}\r\n\r\n".encode())
    assert ours.all("Cause") == ("17",)
    assert ours.get("CallerIDName") == f"Kari{sign}Cause: 16"


def test_a_line_end_inside_a_value_stays_in_the_value():
    (message,) = Reader().feed(b"Event: X\r\nChanVariable: NOTE=one\r\ntwo\r\nCause: 16\r\n\r\n")
    assert message.all("ChanVariable") == ("NOTE=one\ntwo",)
    assert message.get("Cause") == "16"


def test_bytes_that_are_no_utf8_stay_readable():
    (message,) = Reader().feed(b"Event: X\r\nCallerIDName: J\xf8rgen\r\nCause: 16\r\n\r\n")
    assert message.get("CallerIDName") == "J\ufffdrgen"
    assert message.get("Cause") == "16"


def test_surplus_empty_lines_and_empty_values_do_no_harm():
    first, second = Reader().feed(b"\r\n\r\nEvent: A\r\nCode: \r\nTag:\r\n\r\n\r\nEvent: B\r\n\r\n")
    assert (first.name, first.all("Code"), first.all("Tag")) == ("A", ("",), ("",))
    assert second.name == "B"


def test_what_is_neither_event_nor_response_is_passed_on():
    (message,) = Reader().feed(b"Goodbye\r\n\r\n")
    assert (message.kind, message.name, message.fields) == ("other", "", (("Goodbye", ""),))
    assert (Message(()).kind, Message(()).name, Message(()).get("x", "-")) == ("other", "", "-")


@given(
    st.text("abcXYZ-09", min_size=1, max_size=10),
    st.lists(st.tuples(st.text("abcXYZ-09", min_size=1, max_size=10), text), max_size=10),
)
def test_an_action_is_read_as_it_was_meant(action, fields):
    (read,) = Reader().feed(encode(action, fields))
    assert read.fields == (("Action", action), *fields)


@given(text, st.sampled_from(["\r", "\n", "\r\n", "\0"]), text)
def test_a_value_with_a_line_end_is_refused_wherever_it_stands(before, sign, after):
    bad = before + sign + after
    for action, fields in (
        (bad, []),
        ("Originate", [("Variable", f"NAME={bad}")]),
        ("Originate", [(bad, "x")]),
    ):
        with pytest.raises(UnsafeValueError):
            encode(action, fields)


def test_a_lead_name_cannot_forge_an_application():
    name = "Ola\r\nApplication: System\r\nData: rm -rf /"
    library = str(SimpleAction("Originate", CallerID=name))
    assert "\r\nApplication: System\r\n" in library
    with pytest.raises(UnsafeValueError, match=r"CallerID.*remove it"):
        encode("Originate", [("CallerID", name)])


@pytest.mark.parametrize("key", ["", "Variable: A", "Two words", "A\0"])
def test_a_key_that_asterisk_would_read_otherwise_is_refused(key):
    with pytest.raises(UnsafeValueError):
        encode("Originate", [(key, "x")])


def test_an_action_longer_than_asterisk_reads_is_refused():
    room = MAX_LINE_BYTES - len("Variable: ")
    assert (
        len(encode("Ping", [("Variable", "x" * room)])) == len("Action: Ping") + MAX_LINE_BYTES + 6
    )
    for value in ("x" * (room + 1), "ø" * (room // 2 + 1)):
        with pytest.raises(UnsafeValueError, match="shorten"):
            encode("Ping", [("Variable", value)])
    encode("Ping", [("Variable", "A=1")] * (MAX_LINES - 1))
    with pytest.raises(UnsafeValueError, match="fewer variables"):
        encode("Ping", [("Variable", "A=1")] * MAX_LINES)
