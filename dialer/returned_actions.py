"""What is asked of Asterisk about the calls that come in, as the fields of AMI actions.

The names of contexts and variables are the contract with the dialplan, as in `dialer.actions`.
"""

from dataclasses import dataclass

from dialer.actions import Action, room_of, tell_dialplan

CONTACT_PREFIX = "rbi-"
"""Begins the names of the dialplan's notes of these calls; Asterisk's channel id follows."""
CALLED_US = "ringbank-returned"
"""Begins the contexts in which their channels are."""
SAID = "ringbank-returned"
"""The family of Asterisk's database that holds what is said to callers without the engine."""

_LATER = "ringbank-returned-later"
_SAY = "ringbank-returned-say"


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What the dialplan has to know of a caller; all but two are sounds.

    Attributes:
        say: who called and why, and which keys there are.
        offer: the keys besides 9 that mean something.
        hold: an agent is being looked for.
        wait_s: for how long.
        booked: a call was promised.
        sorry: nobody is free, and none was.
        removed: nobody calls the number any more.
    """

    say: str
    offer: str
    hold: str
    wait_s: int
    booked: str
    sorry: str
    removed: str


def tell(channel_id: str, telling: Telling) -> tuple[Action, ...]:
    """Return what has a caller told who called and why."""
    variables = {
        "RINGBANK_SAY": telling.say,
        "RINGBANK_OFFER": telling.offer,
        "RINGBANK_HOLD": telling.hold,
        "RINGBANK_WAIT_S": str(telling.wait_s),
        "RINGBANK_BOOKED": telling.booked,
        "RINGBANK_SORRY": telling.sorry,
        "RINGBANK_REMOVED": telling.removed,
    }
    return (
        *(
            Action("Setvar", (("Channel", channel_id), ("Variable", name), ("Value", value)))
            for name, value in variables.items()
        ),
        _redirect(channel_id, f"{CALLED_US}-told", "s"),
    )


def move_to_room(channel_id: str, agent_id: int) -> Action:
    """Return the Redirect of a caller into an agent's room."""
    return _redirect(channel_id, f"{CALLED_US}-room", room_of(agent_id))


def say_booked(channel_id: str) -> Action:
    """Return the Redirect of a caller to the line that says that a call was promised."""
    return _redirect(channel_id, _LATER, "booked")


def say_sorry(channel_id: str) -> Action:
    """Return the Redirect of a caller to the line that says that nobody is free."""
    return _redirect(channel_id, _LATER, "sorry")


def note_of(channel_id: str) -> str:
    """Return the key of the dialplan's note of a call; `dialer.actions.forget` takes it."""
    return f"{CONTACT_PREFIX}{channel_id}"


def keep_sound(of: str, sound: str) -> Action:
    """Return what has the dialplan keep a sound for the time without an engine."""
    return tell_dialplan(_SAY, RINGBANK_OF=of, RINGBANK_SOUND=sound)


def _redirect(channel_id: str, context: str, extension: str) -> Action:
    return Action(
        "Redirect",
        (
            ("Channel", channel_id),
            ("Context", context),
            ("Exten", extension),
            ("Priority", "1"),
        ),
    )
