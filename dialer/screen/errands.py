"""What the desk is asked for, step by step; it may take its time, and so a thread does it.

Each errand returns what becomes of the seat, whatever was typed there meanwhile.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from campaigns.model import AgentState, DialMode
from campaigns.pauses import HOSTILE
from campaigns.result_words import Words
from dialer.asking import NoEngineError
from dialer.screen import seat as seats
from dialer.screen.desk_like import DeskLike, Document
from dialer.screen.faults import NEEDED, faults_of
from dialer.screen.keys import hostile_code
from dialer.screen.person import one_line, read_person, rendered
from dialer.screen.said import words
from dialer.screen.seat import Do, Rest, Seat, Standing, Wish, is_by_hand, tell
from dialer.screen.talk import (
    Talk,
    answer_of,
    asked,
    chosen,
    is_touched,
    rerendered,
)
from dialer.screen.telling import plain_words
from leads.errors import RingbankError

After = Callable[[Seat, datetime], Seat]
"""What becomes of a seat after an errand, at a moment."""


@dataclass(frozen=True, slots=True)
class Done:
    """An errand that is over; `leave`: the screen is closed."""

    after: After
    leave: bool = False


def run(desk: DeskLike, seat: Seat, wish: Wish) -> Done:
    """Do what a key asked for; what goes wrong is told on the screen and ends nothing."""
    try:
        return _RUN[wish.do](desk, seat, wish)
    except RingbankError as error:
        message = plain_words(str(error))
        return Done(lambda now_seat, _: tell(_idle(now_seat), message, wrong=True))


def ask_next(desk: DeskLike, seat: Seat) -> Done:
    """Ask for the person of an agent, or why there is nobody."""
    stands = _stands(desk, seat)
    document = desk.next(seat.campaign, seat.agent)
    return Done(lambda now_seat, now: _arrived(now_seat, stands, document, now))


_WITH_SOMEBODY = (AgentState.TALKING, AgentState.DIALING, AgentState.WRAP_UP)


def _look(desk: DeskLike, seat: Seat, _: Wish) -> Done:
    """Ask for the person only where how the agent stands says that there is news of one."""
    stands = _stands(desk, seat)
    was = seat.standing
    is_new = (stands.state, stands.since) != (was.state, was.since)
    if is_new or (seat.talk is None and stands.state in _WITH_SOMEBODY):
        return ask_next(desk, seat)
    return Done(lambda now_seat, _now: replace(now_seat, standing=stands))


def _stands(desk: DeskLike, seat: Seat) -> Standing:
    """Return how the agent stands; whoever dials themselves is looked at once."""
    if seat.standing.since is not None and is_by_hand(seat):
        return seat.standing
    found = desk.standing(seat.campaign, seat.agent)
    return Standing(**{key: found[key] for key in ("mode", "state", "pause", "since", "engine")})


def _arrived(seat: Seat, stands: Standing, document: Document, now: datetime) -> Seat:
    # A pause of somebody who dials themselves is the screen's own.
    pause = seat.standing.pause if stands.mode == DialMode.MANUAL else stands.pause
    seat = replace(_idle(seat), standing=replace(stands, pause=pause))
    lease = document["lease"]
    if seat.talk is not None and lease != seat.talk.person.lease:
        name = seat.talk.person.name
        over = f"Your time with {name} is over; what you typed stays until you save or let go."
        return (
            tell(seat, over, wrong=True)
            if is_touched(seat.talk)
            else _renewed(seats.without(seat, Rest.OPENING, now=now), document, now)
        )
    return _renewed(seat, document, now)


def _renewed(seat: Seat, document: Document, now: datetime) -> Seat:
    if document["lease"] is None:
        if seat.talk is None and seat.rest is Rest.PAUSED:
            return seat
        return seats.without(seat, Rest.NOBODY, now=now, why=document["why"])
    return seats.got(seat, read_person(document, now=now), now=now)


def _idle(seat: Seat) -> Seat:
    talk = seat.talk
    return replace(seat, busy="", talk=talk and replace(talk, saving=False))


def _then_next(desk: DeskLike, seat: Seat, after: After) -> Done:
    """Return what is over, and the next person with it: one look at the screen for both."""
    try:
        following = ask_next(desk, seat).after
    except RingbankError as error:
        message = plain_words(str(error))
        return Done(lambda now_seat, now: tell(after(now_seat, now), message, wrong=True))
    return Done(lambda now_seat, now: following(after(now_seat, now), now))


def _next(desk: DeskLike, seat: Seat, _: Wish) -> Done:
    return ask_next(desk, seat)


def _save(desk: DeskLike, seat: Seat, _: Wish) -> Done:
    talk = _talk(seat)
    offered = chosen(talk)
    assert offered is not None, "saved without a result"
    return _give(desk, seat, talk, offered.code, offered.label, pause=False)


def _hostile(desk: DeskLike, seat: Seat, _: Wish) -> Done:
    talk, code = _talk(seat), hostile_code(seat)
    assert code is not None, "F9 works where the disposition is offered"
    label = next(one.label for one in talk.person.dispositions if one.code == code)
    return _give(desk, seat, talk, code, label, pause=True)


def _give(desk: DeskLike, seat: Seat, talk: Talk, code: str, label: str, *, pause: bool) -> Done:
    told, wrong = f"Saved: {label}, {talk.person.name}.", False
    said = Words(**words(talk, disposition=None if code == talk.chosen else code))
    try:
        kept = desk.give(talk.person.lease, said)
        if kept.get("local_time"):
            promised = str(kept["local_time"]).replace("T", " ")
            told += f" Promised for {promised} their time."
        if kept.get("would_follow"):  # practice tells what it would have come to
            told += f" {one_line(kept['would_follow'])}"
    except NoEngineError as error:  # the result is written all the same
        told, wrong = plain_words(str(error)), True
    except RingbankError as error:
        refusal = error
        return Done(lambda now_seat, _: _refused(now_seat, refusal))
    rests = is_by_hand(seat) and (pause or seat.then_pause is not None)
    if pause:
        told += " Take a moment for yourself."
    why = HOSTILE if pause else seat.then_pause
    if rests:
        try:
            desk.rest(seat.agent, why)
        except RingbankError as error:  # the result is written all the same
            told, wrong = f"{told} {plain_words(str(error))}", True

    def after(now_seat: Seat, now: datetime) -> Seat:
        given = seats.saved(_idle(now_seat), label, told, now=now)
        if rests and pause:
            standing = replace(given.standing, pause=why)
            given = replace(given, rest=Rest.PAUSED, standing=standing)
        return replace(given, wrong=wrong)

    return Done(after) if rests else _then_next(desk, seat, after)


def _refused(seat: Seat, error: RingbankError) -> Seat:
    talk = seat.talk
    faults = faults_of(talk, error) if talk is not None else {}
    message = plain_words(str(error))
    if NEEDED in faults.values():
        message = "This question has to be answered, or choose the result of a talk that broke off."
    return seats.refused(replace(seat, busy=""), message, faults)


def _keep(desk: DeskLike, seat: Seat, _: Wish) -> Done:
    if seat.talk is not None and is_touched(seat.talk):
        desk.keep(seat.talk.person.lease, Words(**words(seat.talk, whole=True)))
    return Done(lambda now_seat, _now: now_seat)


def _answered(desk: DeskLike, seat: Seat, wish: Wish) -> Done:
    talk = _talk(seat)
    _keep(desk, seat, wish)
    given = {one.key: answer for one in asked(talk) if (answer := answer_of(talk, one))}
    shown = desk.script(talk.person.lease, given)

    def after(now_seat: Seat, _: datetime) -> Seat:
        here = now_seat.talk
        if here is None or here.person.lease != talk.person.lease or here.saving:
            return now_seat
        return replace(now_seat, talk=rerendered(here, rendered(here.person, shown)))

    return Done(after)


def _release(desk: DeskLike, seat: Seat, wish: Wish) -> Done:
    talk = _talk(seat)
    told, wrong = f"{talk.person.name} was let go.", False
    try:
        _keep(desk, seat, wish)  # should they be refused, they come back as they were
        desk.release(talk.person.lease)
    except RingbankError as error:  # most often the lease is over: the person is gone anyway
        told, wrong = plain_words(str(error)), True

    def after(now_seat: Seat, now: datetime) -> Seat:
        alone = seats.without(_idle(now_seat), Rest.PAUSED, now=now)
        return tell(replace(alone, then_pause=None), told, wrong=wrong)

    return Done(after)


def _skip(desk: DeskLike, seat: Seat, wish: Wish) -> Done:
    talk = _talk(seat)
    desk.skip(talk.person.lease, wish.text)
    told = f"{talk.person.name} was passed over."
    return _then_next(
        desk,
        seat,
        lambda now_seat, now: tell(seats.without(_idle(now_seat), Rest.OPENING, now=now), told),
    )


def _dial(desk: DeskLike, seat: Seat, _: Wish) -> Done:
    desk.dial(_talk(seat).person.lease)
    return _then_next(desk, seat, lambda now_seat, _: tell(_idle(now_seat), ""))


def _undo(desk: DeskLike, seat: Seat, _: Wish) -> Done:
    last = seat.last
    assert last is not None, "there is something to take back"
    if seat.talk is not None:
        desk.release(seat.talk.person.lease)
    try:
        desk.undo(last.lease)
    except RingbankError as error:
        message = plain_words(str(error))
        return _then_next(
            desk, seat, lambda now_seat, now: tell(_alone(now_seat, now), message, wrong=True)
        )
    told = f"Taken back: {last.label}, {last.name}."
    return _then_next(
        desk,
        seat,
        lambda now_seat, now: tell(replace(_alone(now_seat, now), last=None), told),
    )


def _alone(seat: Seat, now: datetime) -> Seat:
    return seats.without(_idle(seat), Rest.OPENING, now=now)


def _help(desk: DeskLike, seat: Seat, _: Wish) -> Done:
    desk.help(_talk(seat).person.lease)
    told = "A supervisor was asked to come to you; go on with the talk."
    return Done(lambda now_seat, _now: tell(_idle(now_seat), told))


def _login(desk: DeskLike, seat: Seat, _: Wish) -> Done:
    desk.login(seat.agent)
    return _then_next(desk, seat, lambda now_seat, _: _idle(now_seat))


def _ready(desk: DeskLike, seat: Seat, _: Wish) -> Done:
    desk.ready(seat.agent)
    return _then_next(desk, seat, lambda now_seat, _: _idle(now_seat))


def _pause(desk: DeskLike, seat: Seat, wish: Wish) -> Done:
    desk.pause(seat.agent, wish.text)
    return _then_next(desk, seat, lambda now_seat, _: _idle(now_seat))


def _rest(desk: DeskLike, seat: Seat, wish: Wish) -> Done:
    desk.rest(seat.agent, wish.text)
    return Done(lambda now_seat, _: now_seat)


def _resume(desk: DeskLike, seat: Seat, _: Wish) -> Done:
    desk.rest(seat.agent, None)
    return ask_next(desk, seat)


def _record(desk: DeskLike, seat: Seat, _: Wish) -> Done:
    lease, off = _talk(seat).person.lease, seat.recording_off
    desk.silence(lease, silent=not off)
    told = "The recording goes on." if off else "The recording is stopped; Ctrl-R goes on with it."
    return Done(lambda now_seat, _now: tell(replace(now_seat, recording_off=not off), told))


def _leave(desk: DeskLike, seat: Seat, wish: Wish) -> Done:
    talk = seat.talk
    if is_by_hand(seat) and talk is None and seat.standing.pause is not None:
        desk.rest(seat.agent, None)  # a pause ends with the working day
    on_line = seat.standing.state in (AgentState.READY, AgentState.PAUSED, AgentState.PREVIEW)
    if talk is not None and seats.may_let_go(seat) and not is_touched(talk):
        desk.release(talk.person.lease)
    elif talk is not None:
        _keep(desk, seat, wish)
    elif not is_by_hand(seat) and on_line:
        desk.logout(seat.agent)  # nobody is moved to somebody who sees nothing of them
    return Done(lambda now_seat, _: now_seat, leave=True)


def _talk(seat: Seat) -> Talk:
    assert seat.talk is not None, "keys of a talk work in a talk"
    return seat.talk


_RUN: dict[Do, Callable[[DeskLike, Seat, Wish], Done]] = {
    Do.NEXT: _next,
    Do.LOOK: _look,
    Do.SAVE: _save,
    Do.HOSTILE: _hostile,
    Do.ANSWERED: _answered,
    Do.KEEP: _keep,
    Do.RELEASE: _release,
    Do.SKIP: _skip,
    Do.DIAL: _dial,
    Do.UNDO: _undo,
    Do.HELP: _help,
    Do.LOGIN: _login,
    Do.READY: _ready,
    Do.PAUSE: _pause,
    Do.REST: _rest,
    Do.RESUME: _resume,
    Do.RECORD: _record,
    Do.LEAVE: _leave,
}


def heard(lines: Sequence[str]) -> str:
    """Return what the desk said besides, in one line."""
    return " ".join(plain_words(line).rstrip(".") + "." for line in lines)
