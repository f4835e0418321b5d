"""What Asterisk kept while nobody listened comes to the same as having listened.

The marks and user events are written by the dialplan's own two lines, read from its
template: a field that is renamed there and not here is found.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.amd import Heard
from campaigns.model import Outcome
from dialer.actions import MARKS
from dialer.call import (
    AgentJoined,
    AgentWanted,
    Call,
    CallState,
    ChannelMade,
    Classified,
    Concluded,
    Event,
    Gone,
    HungUp,
    KeyPressed,
    KeyTakenBack,
    MessageBegan,
    OptedOut,
    PickedUp,
    Rang,
    SetAside,
    SorryBegan,
    Unanswered,
    follow,
    verdict,
)
from dialer.recovery import Survey, may_still_show, missed
from dialer.translate import mark_events, news, read_mark
from tests.unit.dialer.examples import NOON, at, attempt

DIALPLAN = (files("dialer") / "asterisk/templates/ringbank_extensions.conf").read_text()
PLACED = Call(channel_id="rb-1", placed_at=at(0))
EPOCH_S = NOON.timestamp()
TRAVEL_S = 0.004
"""How long a user event travels."""


def line(pattern: str) -> str:
    (found,) = re.findall(pattern, DIALPLAN, re.MULTILINE)
    return str(found)


MARK = line(rf"Set\(DB\({MARKS}/\$\{{RINGBANK_ATTEMPT\}}\)=(.*)\)$")
TOLD = line(r"UserEvent\(Ringbank,(.*)\)$")


@dataclass
class Dialplan:
    """One call's variables, and the mark and the user event they make."""

    mode: str
    values: dict[str, str] = field(default_factory=dict)
    marks: list[str] = field(default_factory=list)
    told: list[tuple[float, dict[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.values["RINGBANK_ATTEMPT"] = "rb-1"

    def reach(self, stage: str, second: float, **values: str) -> None:
        self.values |= values | {"ARG1": stage}
        if stage != "ended":
            self.values["RB_LAST"] = stage
        self.marks.append(self._filled_in(MARK))
        pairs = (part.partition(": ") for part in self._filled_in(TOLD).split(","))
        fields = {key.lower(): value for key, _, value in pairs}
        fields |= {"event": "UserEvent", "userevent": "Ringbank", "uniqueid": "rb-1"}
        self.told.append((second + TRAVEL_S, fields))

    def _filled_in(self, text: str) -> str:
        return re.sub(
            r"\$\{(?:SHARED\()?(\w+)\)?\}", lambda name: self.values.get(name[1], ""), text
        )


def clock(second: float) -> str:
    return f"{EPOCH_S + second:.3f}"


def moment_of(epoch_s: float) -> object:
    return at(round(epoch_s - EPOCH_S, 3))


@st.composite
def answered_calls(draw: st.DrawFn) -> Dialplan:  # noqa: PLR0912  (one for each way)
    """Any way through the dialplan that a person may take, up to the hangup."""
    second = 5.0
    call = Dialplan(draw(st.sampled_from(["broadcast", "agent"])))

    def pass_time() -> float:
        nonlocal second
        second += draw(st.sampled_from([0.01, 0.5, 1.9, 2.0, 30.0]))
        return second

    def hangs_up() -> bool:
        return draw(st.integers(0, 3)) == 0

    def end() -> Dialplan:
        call.reach("ended", pass_time(), RB_ENDED=clock(second), RB_CAUSE="16")
        return call

    def is_a_machine() -> bool:
        """Machine detection comes to a verdict; tell whether the call is set aside by it."""
        if call.values.get("RB_AMD"):
            return False  # the dialplan judges a call once
        verdict = draw(st.sampled_from(["person", "machine", "unsure", "fax"]))
        call.values |= {"RB_AMD": verdict, "RB_CLASSIFIED": clock(pass_time())}
        if verdict not in ("machine", "fax"):
            return False
        call.reach(verdict, second, RB_ASIDE=clock(second))
        if verdict == "machine" and draw(st.booleans()):
            call.reach("leaving", pass_time())
        return True

    amd = draw(st.sampled_from(["off", "before", "joined"]))
    call.reach("answered", second, RB_ANSWERED=clock(second))
    if hangs_up():
        return end()
    if amd == "before" and (is_a_machine() or _hangs_up_classified(call, second, hangs_up)):
        return end()
    if call.mode == "broadcast":
        call.reach("message", second, RB_MESSAGE=clock(second))
        for _ in range(draw(st.integers(0, 2))):  # no more calls, and then another key
            call.reach("key", pass_time(), RB_KEY="9")
            if hangs_up():
                return end()
            call.reach("back", pass_time(), RB_KEY="", RB_BACK="1")
        for key in draw(st.sampled_from(["", "5", "35", "1", "31"])):
            call.reach("key", pass_time(), RB_KEY=key)
        if call.values.get("RB_KEY") != "1" or hangs_up():
            return end()
    elif amd == "joined" and hangs_up() and is_a_machine():
        return end()
    call.reach("waiting", pass_time())
    if hangs_up():
        return end()
    if draw(st.booleans()):
        call.reach("connected", pass_time(), RB_CONNECTED=clock(second))
        if amd == "joined" and is_a_machine():
            return end()
        if hangs_up():  # the agent's line failed just then, and the apology overtook the talk
            call.reach("abandoned", pass_time(), RB_ABANDONED="1")
    else:
        call.reach("abandoned", pass_time(), RB_ABANDONED="1")
    if call.values.get("RB_ABANDONED") and draw(st.booleans()):
        key = call.values.get("RB_KEY", "") + "1"
        call.reach("stopped", pass_time(), RB_KEY=key, RB_STOP="1")
    return end()


def _hangs_up_classified(call: Dialplan, second: float, hangs_up: Callable[[], bool]) -> bool:
    call.reach("classified", second)
    return hangs_up()


def listen(dialplan: Dialplan, start: int, stop: int) -> list[Event]:
    events: list[Event] = []
    for second, fields in dialplan.told[start:stop]:
        found = news(fields, at=at(second), moment=moment_of)  # type: ignore[arg-type]
        assert found is not None
        assert found.channel_id == "rb-1"
        events += found.events
    return events


def remembered(mark: str, *, alive: bool, boot: str = "first", second: float) -> tuple[Event, ...]:
    return missed(
        Survey(
            boot="first",
            channels={"rb-1": "6"} if alive else {},
            marks={"rb-1": read_mark(mark)},
        ),
        "rb-1",
        boot=boot,
        at=at(second),
        moment=moment_of,  # type: ignore[arg-type]
    )


# -- live and from the mark ----------------------------------------------------------------


@settings(max_examples=300)
@given(answered_calls(), st.data())
def test_whatever_was_missed_the_mark_leads_to_the_same_outcome(
    dialplan: Dialplan, data: st.DataObject
) -> None:
    steps = len(dialplan.told)
    last_s = dialplan.told[-1][0]
    hung_up = HungUp(at(last_s + 0.01), 16)
    live = follow(PLACED, (*listen(dialplan, 0, steps), hung_up)).call

    lost_from = data.draw(st.integers(0, steps), label="deaf from")
    back_at = data.draw(st.integers(max(1, lost_from), steps), label="listening again from")
    before = listen(dialplan, 0, lost_from)
    alive = back_at < steps
    back_s = dialplan.told[back_at - 1][0] + (0 if alive else 7200)
    recovered = follow(
        follow(PLACED, before).call,
        (
            *remembered(dialplan.marks[back_at - 1], alive=alive, second=back_s),
            *listen(dialplan, back_at, steps),
            *((hung_up,) if alive else ()),
        ),
    ).call

    assert recovered.state is live.state is CallState.ENDED
    assert verdict(recovered).outcome == verdict(live).outcome
    assert verdict(live).outcome is not Outcome.UNKNOWN
    for name in (
        "answered_at",
        "connected_at",
        "message_at",
        "key",
        "opted_out",
        "played_s",
        "aside_at",
    ):
        assert getattr(recovered, name) == getattr(live, name), name
    assert recovered.ended_at is not None
    assert live.ended_at is not None
    assert abs(recovered.ended_at - live.ended_at).total_seconds() < 0.1


@given(answered_calls())
def test_the_mark_itself_says_that_the_call_was_answered_and_is_over(dialplan: Dialplan) -> None:
    events = mark_events(read_mark(dialplan.marks[-1]), at=at(9999), moment=moment_of)  # type: ignore[arg-type]
    assert isinstance(events[0], PickedUp)
    assert isinstance(events[-1], Concluded)
    assert events[-1].at < at(9999)


# -- what a mark means at each stage ---------------------------------------------------------


def marked(**fields: str) -> list[Event]:
    return list(mark_events(fields, at=at(100), moment=at))


def test_a_mark_tells_the_verdict_and_what_followed_from_it() -> None:
    up = {"answered": "5", "amd": "machine", "classified": "6.7"}
    classified = Classified(at(6.7), Heard.MACHINE)
    assert marked(stage="classified", last="classified", **up) == [PickedUp(at(5)), classified]
    aside = marked(stage="machine", last="machine", aside="6.8", **up)
    assert aside == [PickedUp(at(5)), classified, SetAside(at(6.8))]
    assert marked(stage="ended", last="leaving", aside="6.8", ended="20", **up) == [
        *aside,
        Concluded(at(20)),
    ]
    sound = marked(stage="ended", last="answered", answered="5", ended="20", packets="750")
    assert sound[-1] == Concluded(at(20), None, 750)
    joined = marked(stage="machine", last="machine", connected="5.1", aside="6.8", **up)
    assert joined == [PickedUp(at(5)), classified, AgentJoined(at(5.1)), SetAside(at(6.8))]
    # Passed on like a person, by the campaign's own wish.
    assert marked(stage="waiting", last="waiting", **up)[-1] == AgentWanted(at(100))


def test_a_mark_at_each_stage() -> None:
    up = {"answered": "5"}
    played = {**up, "message": "6"}
    assert marked(stage="answered", last="answered", **up) == [PickedUp(at(5))]
    assert marked(stage="message", last="message", **played) == [
        PickedUp(at(5)),
        MessageBegan(at(6)),
    ]
    assert marked(stage="key", last="key", key="5", **played) == [
        PickedUp(at(5)),
        MessageBegan(at(6)),
        KeyPressed(at(6), "5"),
    ]
    assert marked(stage="waiting", last="waiting", **up) == [
        PickedUp(at(5)),
        AgentWanted(at(100)),
    ]
    assert marked(stage="connected", last="connected", connected="7", **up) == [
        PickedUp(at(5)),
        AgentWanted(at(5)),
        AgentJoined(at(7)),
    ]
    assert marked(stage="abandoned", last="abandoned", **up) == [
        PickedUp(at(5)),
        AgentWanted(at(5)),
        SorryBegan(at(100)),
    ]
    assert marked(stage="back", last="back", back="1", **played) == [
        PickedUp(at(5)),
        MessageBegan(at(6)),
        KeyTakenBack(at(6)),
    ]
    assert marked(stage="key", last="key", back="1", key="8", **played) == [
        PickedUp(at(5)),
        MessageBegan(at(6)),
        KeyTakenBack(at(6)),
        KeyPressed(at(6), "8"),
    ]
    assert marked(stage="stopped", last="stopped", key="1", stop="1", **up) == [
        PickedUp(at(5)),
        KeyPressed(at(5), "1"),
        AgentWanted(at(5)),
        SorryBegan(at(100)),
        OptedOut(at(100)),
    ]


def test_a_mark_of_the_end_tells_how_far_the_call_had_come() -> None:
    assert marked(stage="ended", last="waiting", answered="5", ended="6.5") == [
        PickedUp(at(5)),
        AgentWanted(at(5)),
        Concluded(at(6.5), None),
    ]
    assert marked(stage="ended", last="message", answered="5", message="6", ended="7.9") == [
        PickedUp(at(5)),
        MessageBegan(at(6)),
        Concluded(at(7.9), 1.9),
    ]


@pytest.mark.parametrize(("reason", "rang_out"), [("3", True), ("0", False), ("5", False)])
def test_a_mark_of_a_call_that_nobody_answered(reason: str, rang_out: bool) -> None:
    assert marked(stage="failed", reason=reason, ended="30") == [Unanswered(at(30), rang_out)]
    assert marked(stage="failed", reason=reason) == [Unanswered(at(100), rang_out)]


def test_a_moment_that_cannot_be_read_is_replaced_and_not_made_up() -> None:
    assert marked(stage="answered", answered="soon") == [PickedUp(at(100))]


def test_a_mark_is_read_as_the_dialplan_writes_it() -> None:
    text = "stage=ended|answered=5.250|message=|connected=|key=*|last=key|ended=6|cause=16|reason="
    assert read_mark(text) == {
        "stage": "ended",
        "answered": "5.250",
        "key": "*",
        "last": "key",
        "ended": "6",
        "cause": "16",
    }
    assert read_mark("") == {}


# -- what the channels say --------------------------------------------------------------------


def found(channels: dict[str, str], boot: str | None = "first") -> list[Event]:
    survey = Survey(boot="first", channels=channels)
    return list(missed(survey, "rb-1", boot=boot, at=at(100), moment=at))


@pytest.mark.parametrize(
    ("state", "events"),
    [
        ("0", [ChannelMade(at(100))]),
        ("5", [ChannelMade(at(100)), Rang(at(100))]),
        ("Ringing", [ChannelMade(at(100)), Rang(at(100))]),
        ("6", [ChannelMade(at(100)), PickedUp(at(100))]),
    ],
)
def test_a_call_that_lives_goes_on(state: str, events: list[Event]) -> None:
    assert found({"rb-1": state, "rb-2": "6"}) == events


def test_the_mark_knows_the_answers_moment_better_than_the_channel_does() -> None:
    events = remembered(f"stage=answered|answered={clock(5)}", alive=True, second=100)
    assert events == (ChannelMade(at(100)), PickedUp(at(5)))


@pytest.mark.parametrize(("boot", "restarted"), [("first", False), ("zeroth", True), (None, True)])
def test_a_call_that_is_gone(boot: str | None, restarted: bool) -> None:
    assert found({"rb-2": "6"}, boot) == [Gone(at(100), restarted)]


@pytest.mark.parametrize(
    ("opened_s", "boot", "channels", "marks", "expected"),
    [
        (98.1, "first", {}, {}, True),
        (98.0, "first", {}, {}, False),  # it would have shown by now
        (98.1, "zeroth", {}, {}, False),  # asked of an Asterisk that is no more
        (98.1, "first", {"rb-1": "0"}, {}, False),
        (98.1, "first", {}, {"rb-1": {"stage": "failed"}}, False),
        (98.1, "first", {"rb-2": "0"}, {"rb-3": {"stage": "failed"}}, True),
    ],
)
def test_a_call_may_still_show_for_a_while_after_the_link_was_opened(
    opened_s: float,
    boot: str,
    channels: dict[str, str],
    marks: dict[str, dict[str, str]],
    expected: bool,
) -> None:
    survey = Survey(boot="first", channels=channels, marks=marks)
    tried = attempt(1, dialed_s=5, boot=boot)
    opened_at, now = at(opened_s), at(100)
    assert may_still_show(survey, [tried], opened_at=opened_at, now=now) is expected
    assert not may_still_show(survey, [], opened_at=opened_at, now=now)


def test_a_call_that_rang_out_while_nobody_listened_ended_when_it_did() -> None:
    mark = f"stage=failed|ended={clock(25)}|reason=3"
    call = follow(PLACED, remembered(mark, alive=False, second=7200)).call
    assert (verdict(call).outcome, verdict(call).evidence) == (Outcome.NO_ANSWER, "dialplan")
    assert call.ended_at == at(25)


def test_a_mark_outlives_asterisk() -> None:
    """Asterisk keeps its database on disk: what it noted is certain after a restart too."""
    mark = f"stage=ended|answered={clock(5)}|connected={clock(6)}|last=connected|ended={clock(60)}"
    call = follow(PLACED, remembered(mark, alive=False, boot="zeroth", second=900)).call
    assert verdict(call).outcome is Outcome.CONNECTED
    assert call.ended_at == at(60)
