"""Whatever comes over the manager link, it is read, and no value becomes another header."""

import itertools
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from dialer import inbound
from dialer.ami.errors import UnsafeValueError
from dialer.ami.wire import Message, Reader, encode
from dialer.call import Call, follow
from dialer.clock import Clock
from dialer.translate import mark_events, news, read_mark
from tests.fuzz.mutations import HOSTILE, fuzzed, mutated, mutated_bytes

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
MOMENT = Clock().at_epoch
RECORDED = [
    file.read_bytes().partition(b"\r\n")[2]
    for file in sorted((Path(__file__).parents[1] / "data" / "ami").glob("*.txt"))
]
MARKS = [
    "stage=ended|answered=1795857686.170|message=1795857687.1|connected=1795857688|key=1|back=1|stop=1|"
    "last=connected|ended=1795857689.684|cause=16|reason=3|recorded=1795857688|bytes=44|amd=person|"
    "classified=1795857687|aside=1795857689|sampled=1",
    "stage=ended|came=1795857686|caller=+4722000001|called=4721000000|wanted=1|later=1|"
    "connected=1795857688|opted=1|key=9|last=later|ended=1795857689",
]
EVENTS = ("Newchannel", "Newstate", "Hangup", "UserEvent", "OriginateResponse", "")
KEYS = (
    "Uniqueid", "ChannelState", "Cause", "TechCause", "UserEvent", "Attempt", "Stage", "Response", "ActionID",
    "Answered", "Message", "Key", "Last", "Ended", "Amd", "Aside", "Classified", "Connected", "CallerIDNum",
)  # fmt: skip
KNOWN = (
    "Ringbank",
    "RingbankVerdict",
    "RingbankAgent",
    "ended",
    "failed",
    "originate:rb-1",
    "Error",
    "rb-1",
)
values = st.one_of(
    st.sampled_from((*KNOWN, *HOSTILE)),
    st.floats().map(str),
    st.integers().map(str),
    st.text(max_size=20),
)
one_line = values.map(lambda value: value.replace("\r\n", "\n"))


@fuzzed()
@given(
    st.one_of(st.binary(max_size=600), mutated_bytes(RECORDED)),
    st.lists(st.integers(0, 20_000), max_size=6),
)
def test_any_bytes_are_read_the_same_wherever_they_are_split(data: bytes, cuts: list[int]) -> None:
    whole = Reader().feed(data)
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    reader = Reader()
    parts = [m for begin, end in itertools.pairwise(places) for m in reader.feed(data[begin:end])]
    assert parts == whole
    for message in whole:
        assert message.fields
        assert message.facts().keys() == {key.lower() for key, _ in message.fields}
        news(message.facts(), at=NOW, moment=MOMENT)


@fuzzed()
@given(st.sampled_from(EVENTS), st.lists(st.tuples(st.sampled_from(KEYS), one_line), max_size=12))
def test_no_value_is_taken_for_a_header(event: str, fields: list[tuple[str, str]]) -> None:
    block = "".join(f"{key}: {value}\r\n" for key, value in [("Event", event), *fields])
    (message,) = Reader().feed(f"{block}\r\n".encode("utf-8", "replace"))
    assert [key for key, _ in message.fields] == ["Event", *(key for key, _ in fields)]
    assert (message.kind, message.name) == ("event", event)


@fuzzed()
@given(st.sampled_from(EVENTS), st.dictionaries(st.sampled_from(KEYS), values))
def test_any_event_is_understood_or_means_nothing(event: str, fields: dict[str, str]) -> None:
    message = Message((("Event", event), *fields.items()))
    told = news(message.facts(), at=NOW, moment=MOMENT)
    if told is not None:
        follow(Call(channel_id="rb-1", placed_at=NOW), told.events)


@fuzzed()
@given(mutated(MARKS))
def test_any_note_of_the_dialplan_is_understood(text: str) -> None:
    mark = read_mark(text)
    follow(Call(channel_id="rb-1", placed_at=NOW), mark_events(mark, at=NOW, moment=MOMENT))
    inbound.mark_events(mark, at=NOW, moment=MOMENT)
    inbound.came_at(mark, MOMENT)


@fuzzed()
@given(st.lists(st.tuples(st.one_of(st.sampled_from(KEYS), values), values), max_size=5))
def test_an_action_is_sent_as_it_was_meant_or_not_at_all(fields: list[tuple[str, str]]) -> None:
    try:
        sent = encode("Originate", fields)
    except UnsafeValueError:
        return
    (read,) = Reader().feed(sent)
    meant = [(key, value.encode(errors="replace").decode()) for key, value in fields]
    assert read.fields == (("Action", "Originate"), *meant)
    assert sent.count(b"\r\n") == len(fields) + 2
