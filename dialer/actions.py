"""What is asked of Asterisk, as the fields of AMI actions; nothing is sent from here.

The names of contexts and variables are the contract with the dialplan that
``ringbank asterisk config`` writes (`dialer.asterisk`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.amd import Amd
from campaigns.messages import KeyAction
from campaigns.model import Campaign, DialMode
from dialer.sounds import Sounds

CALL_PREFIX = "rb-"
"""Begins the channel ids of calls to people."""
LINE_PREFIX = "rba-"
"""Begins the channel ids of agents' own lines."""
SUPERVISOR_PREFIX = "rbs-"
"""Begins the channel ids of supervisors' telephones that are rung for one talk."""
MARKS = "ringbank"
"""The family of Asterisk's own database in which the dialplan keeps what calls came to."""
NOTE = "note"
"""Begins the ActionID of a question for the dialplan's note of a call; its channel id follows."""

ROOM_CONTEXT = "ringbank-room"
"""Where the dialplan has a person who talks to an agent; the extension is the room."""
TRANSFER_CONTEXT = "ringbank-transfer"
"""Where it has one who is moved to another number, or talks there."""

LAB_MARKER = "RINGBANK_LAB"
"""The global variable that only the Asterisk of our own lab has."""

_GREETING_SILENCE_S = 0.8
"""So long a person has been silent when Asterisk's detection takes them for one.

Source: `after_greeting_silence` of AMD(), 800 ms in Asterisk 22 where amd.conf does not say.
"""
_LINE_RING_S = 30
_TONE_WITHIN_S = 1
_TOLD_WITHIN_S = 5
_FORGET = "ringbank-forget"
_FORGET_AT_ONCE = 40
"""Their keys, of some twenty characters each, fit into one line of an action."""
_ROOM_PREFIX = "7464"  # RING on a telephone's keys: no conference of the user's own


@dataclass(frozen=True, slots=True)
class Action:
    """One AMI action; `action_id` names what its answer belongs to."""

    name: str
    fields: tuple[tuple[str, str], ...]
    action_id: str | None = None


@dataclass(frozen=True, slots=True)
class RecordInto:
    """Where Asterisk records a talk, and the sound that tells the person so, if one does."""

    file: str
    notice: str = ""


def originate_id(channel_id: str) -> str:
    """Return the ActionID under which a channel is asked for."""
    return f"originate:{channel_id}"


def redirect_id(channel_id: str) -> str:
    """Return the ActionID under which a channel is moved to an agent's room."""
    return f"redirect:{channel_id}"


def room_of(agent_id: int) -> str:
    """Return the name of an agent's room."""
    return f"{_ROOM_PREFIX}{agent_id}"


def dial_string(template: str, number: str) -> str:
    """Return what Asterisk dials: a trunk's channel template with the number put in."""
    return template.replace("{number}", number)


def call(
    channel_id: str,
    channel: str,
    campaign: Campaign,
    *,
    goodbye: str,
    connect_s: float | None = None,
    ring_s: int | None = None,
    record: RecordInto | None = None,
    sample: str | None = None,
    sounds: Sounds | None = None,
) -> Action:
    """Return the Originate of a call to a person.

    Args:
        channel_id: that the call is to carry.
        channel: what is dialled.
        campaign: whose call it is.
        goodbye: the sound that ends it where the person is hostile.
        connect_s: how long the person waits for an agent; None: as the campaign says.
        ring_s: how long it rings at most; None: as the campaign says.
        record: into what its talk is recorded; None: it is not.
        sample: the file for its first seconds; None: they are not recorded.
        sounds: what the person may be played; None: what comes with Asterisk.
    """
    wait_s = campaign.connect_within_s if connect_s is None else connect_s
    heard = sounds or Sounds()
    variables = {
        "RINGBANK_ATTEMPT": channel_id,
        "RINGBANK_CONNECT_S": f"{max(0.1, wait_s - _spent_s(campaign)):g}",
        "RINGBANK_GOODBYE": goodbye,
        **_sound_variables(campaign, heard),
        **_amd_variables(campaign.amd, heard),
    }
    if sample is not None:
        variables["RINGBANK_SAMPLE"] = sample
    if record is not None:
        variables |= {"RINGBANK_RECORD": record.file, "RINGBANK_NOTICE": record.notice}
    return Action(
        "Originate",
        (
            ("Channel", channel),
            ("Context", "ringbank-answered"),
            ("Exten", "s"),
            ("Priority", "1"),
            ("Async", "true"),
            ("ChannelId", channel_id),
            ("Timeout", str(1000 * (campaign.ring_s if ring_s is None else ring_s))),
            ("CallerID", campaign.caller_id),
            *(("Variable", f"{name}={value}") for name, value in variables.items()),
        ),
        originate_id(channel_id),
    )


def _spent_s(campaign: Campaign) -> float:
    """Return how much of a person's wait is over when the dialplan lets them wait.

    In a broadcast it begins with the key by which they ask for an agent, long after the verdict.
    """
    waits_at_once = campaign.mode is not DialMode.BROADCAST
    return _GREETING_SILENCE_S if campaign.amd.before and waits_at_once else 0.0


def _amd_variables(amd: Amd, sounds: Sounds) -> dict[str, str]:
    if not amd.detect:
        return {}
    variables = {"RINGBANK_AMD": amd.when, "RINGBANK_ON_MACHINE": amd.on_machine}
    return variables | ({"RINGBANK_MACHINE_SOUND": sounds.machine} if sounds.machine else {})


def _sound_variables(campaign: Campaign, sounds: Sounds) -> dict[str, str]:
    heard = {"RINGBANK_SORRY": sounds.sorry, "RINGBANK_NEVER": sounds.never}
    message = campaign.message
    if campaign.mode is not DialMode.BROADCAST or message is None:
        return {"RINGBANK_MODE": "agent", **heard}
    heard |= {
        "RINGBANK_MODE": "broadcast",
        "RINGBANK_CONFIRM": sounds.confirm,
        "RINGBANK_UNKNOWN": sounds.unknown,
        "RINGBANK_THANKS": sounds.thanks,
        "RINGBANK_LATER": sounds.later,
    }
    for number, menu in enumerate(message.menus, start=1):
        played = sounds.menus[number - 1] if number <= len(sounds.menus) else menu.sound
        heard |= {
            f"RINGBANK_SOUND_{number}": played,
            f"RINGBANK_CONNECT_KEYS_{number}": menu.pressing(KeyAction.CONNECT),
            f"RINGBANK_ANSWER_KEYS_{number}": menu.pressing(KeyAction.ANSWER),
            f"RINGBANK_LATER_KEYS_{number}": menu.pressing(KeyAction.CALLBACK),
            f"RINGBANK_NEVER_KEYS_{number}": menu.pressing(KeyAction.DO_NOT_CALL),
        }
    return heard


def ring_agent(channel_id: str, channel: str, agent_id: int, caller_id: str) -> Action:
    """Return the Originate of an agent's own line, which ends in their room."""
    return Action(
        "Originate",
        (
            ("Channel", channel),
            ("Context", "ringbank-agent-line"),
            ("Exten", room_of(agent_id)),
            ("Priority", "1"),
            ("Async", "true"),
            ("ChannelId", channel_id),
            ("Timeout", str(_LINE_RING_S * 1000)),
            ("CallerID", caller_id),
            ("Variable", f"RINGBANK_AGENT={agent_id}"),
        ),
        originate_id(channel_id),
    )


def ring_supervisor(
    channel_id: str, channel: str, agent_id: int, caller_id: str, place: tuple[str, str]
) -> Action:
    """Return the Originate of a supervisor's telephone, which lands in a place of the dialplan."""
    context, extension = place
    return Action(
        "Originate",
        (
            ("Channel", channel),
            ("Context", context),
            ("Exten", extension),
            ("Priority", "1"),
            ("Async", "true"),
            ("ChannelId", channel_id),
            ("Timeout", str(_LINE_RING_S * 1000)),
            ("CallerID", caller_id),
            ("Variable", f"RINGBANK_AGENT={agent_id}"),
        ),
        originate_id(channel_id),
    )


def move_line(channel_id: str, place: tuple[str, str]) -> Action:
    """Return the Redirect of an agent's or a supervisor's own line."""
    return _redirect(channel_id, *place)


def transfer(channel_id: str, to: str, caller_id: str, agent_id: int) -> tuple[Action, ...]:
    """Return what connects a person to another channel, and back to the room if that fails."""
    variables = {
        "RINGBANK_TO": to,
        "RINGBANK_TO_CALLER_ID": caller_id,
        "RINGBANK_ROOM": room_of(agent_id),
    }
    return (
        *(
            Action("Setvar", (("Channel", channel_id), ("Variable", name), ("Value", value)))
            for name, value in variables.items()
        ),
        _redirect(channel_id, TRANSFER_CONTEXT, "s"),
    )


def silence_recording(channel_id: str, action_id: str, *, silent: bool) -> Action:
    """Return what makes a recording silent in both directions, or lets it hear again."""
    fields = (("Channel", channel_id), ("Direction", "both"), ("State", str(int(silent))))
    return Action("MixMonitorMute", fields, action_id)


def move_to_room(channel_id: str, agent_id: int) -> Action:
    """Return the Redirect of an answered person into an agent's room."""
    return _redirect(channel_id, ROOM_CONTEXT, room_of(agent_id))


def sound_tone(line: str) -> Action:
    """Return what has a short tone played to an agent, and to nobody else in their room.

    Args:
        line: the channel id of the agent's own line.
    """
    return Action(
        "Originate",
        (
            # Without /n Asterisk would join the two halves, and nobody would hear anything.
            ("Channel", f"Local/{line}@ringbank-tone-line/n"),
            ("Context", "ringbank-tone"),
            ("Exten", "s"),
            ("Priority", "1"),
            ("Async", "true"),
            ("Timeout", str(_TONE_WITHIN_S * 1000)),
        ),
    )


def say_goodbye(channel_id: str) -> Action:
    """Return the Redirect of a person out of the talk, to the line that ends it politely."""
    return _redirect(channel_id, "ringbank-goodbye", "s")


def apologise(channel_id: str) -> Action:
    """Return the Redirect of a person to the apology."""
    return _redirect(channel_id, "ringbank-agent", "sorry")


def _redirect(channel_id: str, context: str, extension: str) -> Action:
    fields = (
        ("Channel", channel_id),  # Asterisk finds a channel by its Uniqueid as well
        ("Context", context),
        ("Exten", extension),
        ("Priority", "1"),
    )
    return Action("Redirect", fields, redirect_id(channel_id))


def hang_up(channel_id: str) -> Action:
    """Return the Hangup of a channel, with cause 16, normal clearing."""
    return Action("Hangup", (("Channel", channel_id), ("Cause", "16")))


def ask_note(channel_id: str) -> Action:
    """Return what asks for the dialplan's note of a call; `dialer.notes` hears the answer."""
    return Action("DBGet", (("Family", MARKS), ("Key", channel_id)), f"{NOTE}:{channel_id}")


def forget(notes: Sequence[str]) -> tuple[Action, ...]:
    """Return what deletes notes of the dialplan, once the base has what they tell.

    Many notes at once, and not by `DBDel`: that needs the permission class `system`, which a
    dialer must not have.

    Args:
        notes: their keys: the channel ids of calls, or what `dialer.returned_actions` begins so.
    """
    return tuple(
        tell_dialplan(_FORGET, RINGBANK_FORGET=":".join(notes[begin : begin + _FORGET_AT_ONCE]))
        for begin in range(0, len(notes), _FORGET_AT_ONCE)
    )


def tell_dialplan(context: str, **variables: str) -> Action:
    """Return what has the dialplan do something by itself: a call to nobody, from a context.

    A manager user without a shell may not write into Asterisk's database; the dialplan may.
    """
    return Action(
        "Originate",
        (
            ("Channel", f"Local/s@{context}/n"),
            ("Context", context),
            ("Exten", "s"),
            ("Priority", "1"),
            ("Async", "true"),
            ("Timeout", str(_TOLD_WITHIN_S * 1000)),
            *(("Variable", f"{name}={value}") for name, value in variables.items()),
        ),
    )
