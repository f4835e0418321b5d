"""What became of calls while nobody listened: Asterisk is asked, the answer is events.

There are no rules here about outcomes. `survey` asks Asterisk three questions in a row
(which run of it this is, which channels live, what the dialplan noted), and `missed`
turns the answers, for one open call, into the events that the engine did not hear.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from campaigns.ledger import OpenAttempt
from dialer.actions import CALL_PREFIX, LAB_MARKER, LINE_PREFIX, MARKS, SUPERVISOR_PREFIX
from dialer.call import ChannelMade, Event, Gone, PickedUp, Rang
from dialer.link import Link
from dialer.returned_actions import CALLED_US, SAID
from dialer.translate import Moment, mark_events, read_mark
from leads.errors import NotAllowedError

_IN_FLIGHT = timedelta(seconds=2)
"""An Originate that Asterisk has received shows as a channel long before this."""
_OURS = (CALL_PREFIX, LINE_PREFIX, SUPERVISOR_PREFIX)
_RINGING_STATES = ("5", "Ringing")
_UP_STATES = ("6", "Up")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in the dialplan a channel is, and whether it is joined to another."""

    context: str
    extension: str
    bridged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What one Asterisk knows.

    Attributes:
        boot: names the run of Asterisk; another one after every restart.
        channels: our channel ids -> `ChannelState` of those that live.
        marks: our channel ids -> what the dialplan noted.
        places: our channel ids -> where those are that live.
        returned: the ids of the channels that live on which somebody called us.
        sounds: what the dialplan says to them without the engine (`dialer.returned`).
    """

    boot: str
    channels: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    returned: frozenset[str] = frozenset()
    sounds: Mapping[str, str] = field(default_factory=dict)


def survey(link: Link) -> Survey:
    """Ask Asterisk what it knows of our calls.

    The channels are asked for before the notes: a call that ends in between is then
    found among the notes, and not missed in both.

    Raises:
        RingbankError: the link was lost or Asterisk does not answer.
    """
    status = link.ask("CoreStatus")
    boot = f"{status.get('CoreStartupDate')}T{status.get('CoreStartupTime')}"
    living = link.ask_list("CoreShowChannels")
    shown = [message for message in living if message.get("Uniqueid").startswith(_OURS)]
    marks = {key.rpartition("/")[2]: read_mark(value) for key, value in _kept(link, MARKS).items()}
    return Survey(
        boot=boot,
        channels={one.get("Uniqueid"): one.get("ChannelState") for one in shown},
        marks=marks,
        places={
            one.get("Uniqueid"): Place(
                context=one.get("Context"),
                extension=one.get("Exten"),
                bridged=bool(one.get("BridgeId")),
            )
            for one in shown
        },
        returned=frozenset(
            one.get("Uniqueid") for one in living if one.get("Context").startswith(CALLED_US)
        ),
        sounds={key.removeprefix(f"/{SAID}/"): value for key, value in _kept(link, SAID).items()},
    )


def _kept(link: Link, family: str) -> dict[str, str]:
    """Return what Asterisk's own database holds in a family, by the whole key."""
    return {
        message.get("Key"): message.get("Val")
        for message in link.ask_list("DBGetTree", ("Family", family))
        if message.get("Key")
    }


def demand_lab(link: Link) -> None:
    """Refuse a made-up clock anywhere but in our own lab.

    Raises:
        NotAllowedError: this Asterisk does not have the lab's marker.
    """
    if not link.ask("Getvar", ("Variable", LAB_MARKER)).get("Value"):
        raise NotAllowedError(
            "a clock other than the machine's is accepted only by Ringbank's own lab, and this "
            "Asterisk is not it; leave --lab-clock out, or run: ringbank lab up"
        )


def gone_for_good() -> Survey:
    """Return what an Asterisk knows that nobody will ever ask again: nothing."""
    return Survey(boot="gone for good")


def demand_same_run(found: Survey, attempts: Iterable[OpenAttempt]) -> None:
    """Refuse to judge calls by an Asterisk that was restarted since, or is another one.

    Raises:
        NotAllowedError: one of the attempts was given to another run of Asterisk.
    """
    runs = {attempt.asterisk_boot for attempt in attempts} - {found.boot}
    if runs:
        raise NotAllowedError(
            f"the Asterisk that answers there has run since {found.boot}, and the calls were "
            f"placed by one that ran since {', '.join(sorted(map(str, runs)))}"
        )


def may_still_show(
    found: Survey, attempts: Iterable[OpenAttempt], *, opened_at: datetime, now: datetime
) -> bool:
    """Tell whether an Originate may be on its way that Asterisk has not shown yet.

    Counted from when the link was opened, however long ago the call was asked for: an
    Asterisk that stood still reads what was sent to it when it goes on.
    """
    return any(
        attempt.channel_id not in found.channels
        and attempt.channel_id not in found.marks
        and attempt.asterisk_boot == found.boot
        and now - opened_at < _IN_FLIGHT
        for attempt in attempts
    )


def missed(
    found: Survey, channel_id: str, *, boot: str | None, at: datetime, moment: Moment
) -> tuple[Event, ...]:
    """Return the events of one call that were not heard.

    Args:
        found: what Asterisk knows.
        channel_id: of the call.
        boot: the run of Asterisk that the call was given to.
        at: now.
        moment: for Asterisk's time stamps.
    """
    events: list[Event] = []
    state = found.channels.get(channel_id)
    if state is not None:
        events.append(ChannelMade(at))
        if state in _RINGING_STATES:
            events.append(Rang(at))
    mark = found.marks.get(channel_id)
    if mark:
        events.extend(mark_events(mark, at=at, moment=moment))
    elif state in _UP_STATES:
        events.append(PickedUp(at))
    if state is None:
        events.append(Gone(at, restarted=boot != found.boot))
    return tuple(events)
