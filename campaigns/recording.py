"""Whether a talk may be recorded, and what the person must be told of it; pure.

A campaign file asks for it (`[recording]`), the rules of every place in which the person may
be decide. Where one of them wants it announced, it is announced; where nobody may be recorded
unasked and the campaign does not announce, nobody is.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from campaigns.fields import Section, duration_text, shown
from campaigns.model import Campaign, DialMode, Recording
from campaigns.rules.model import Duty

TOPIC = "recording"
"""The topic of the duties that are asked, and the key under which the decision is kept."""

SAMPLE = "amd_sample"
"""The key under which it is kept whether the first seconds may be recorded."""

SAMPLE_KEPT = timedelta(days=30)
"""How long the first seconds are kept at most, judged or not."""

_ALL = "all"
_YES = "yes"
_SPAN = re.compile(r"(\d{1,4}) (day|week|month|year)s?\b")
_DAYS = {"day": 1, "week": 7, "month": 28, "year": 365}
"""A month of the law counts as its shortest: nothing is kept longer than it says."""


class Announce(StrEnum):
    """When a person is told that they are recorded, as `Recording.announce` says it."""

    ALWAYS = "always"
    LAW = "law"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingDecision:
    """What the campaign and the law together say of one call.

    Attributes:
        record: the talk is recorded.
        announce: the person has to be told.
        spoken: the agent has to say it; False also where a sound does.
        keep: how long the file may be kept at most.
        rules: ids of the rules that were asked.
        why: why it is not recorded, or why it is announced, in words.
    """

    record: bool
    announce: bool = False
    spoken: bool = False
    keep: timedelta | None = None
    rules: tuple[str, ...] = ()
    why: str = ""

    def document(self) -> dict[str, object]:
        """Return the decision as an attempt keeps it."""
        return {
            "record": self.record,
            "announce": self.announce,
            "spoken": self.spoken,
            "keep_days": self.keep.days if self.keep is not None else None,
            "rules": list(self.rules),
            "why": self.why,
        }


def read_recording(file: Section) -> Recording | None:
    """Return what a campaign file says of recording, or None where it does not ask for it."""
    if not file.has("recording"):
        file.expect(["recording"])
        return None
    table = file.section("recording")
    sound = table.sound("sound", required=False)
    announce = _announce(table)
    if sound and announce is Announce.NEVER:
        table.refuse("sound", "is never played where announce is false; leave one of them out")
    return Recording(
        keep=table.rest("keep", timedelta(days=1)), announce=announce.value, sound=sound
    )


def _announce(table: Section) -> Announce:
    table.expect(["announce"])
    held = table.held("announce")
    match held:
        case None | True:
            return Announce.ALWAYS
        case False:
            return Announce.NEVER
        case "law":
            return Announce.LAW
        case _:
            table.refuse("announce", f'must be true, false or "law", not {shown(held)}')
            return Announce.ALWAYS


def written_recording(recording: Recording | None) -> dict[str, str]:
    """Return the settings as a campaign file writes them, by key."""
    if recording is None:
        return {}
    announce = {Announce.ALWAYS: "true", Announce.NEVER: "false", Announce.LAW: '"law"'}
    written = {
        "recording.keep": duration_text(recording.keep),
        "recording.announce": announce[Announce(recording.announce)],
    }
    return written | ({"recording.sound": f'"{recording.sound}"'} if recording.sound else {})


def decide(
    campaign: Campaign, duties: Iterable[Duty], *, unknown: Iterable[str] = ()
) -> RecordingDecision:
    """Return whether a call's talk is recorded, and what the person must be told.

    Args:
        campaign: as its file says.
        duties: those in force wherever the person may be; other topics are passed over.
        unknown: countries of which no rules are there: the strictest is assumed of them.
    """
    asked = [duty for duty in duties if duty.topic == TOPIC]
    rules = tuple(duty.id for duty in asked)
    recording = campaign.recording
    if recording is None:
        return RecordingDecision(record=False, why="the campaign does not ask for it")
    if campaign.mode is DialMode.MANUAL:
        return RecordingDecision(
            record=False, rules=rules, why="the agent dials on their own telephone"
        )
    wanting = [duty.id for duty in asked if _wants_announcement(duty)]
    nowhere = sorted(unknown)
    announce = Announce(recording.announce)
    if announce is Announce.NEVER and (wanting or nowhere):
        return _not_unannounced(rules, wanting, nowhere)
    announced = announce is Announce.ALWAYS or bool(wanting or nowhere)
    return RecordingDecision(
        record=True,
        announce=announced,
        spoken=announced and not recording.sound,
        keep=min([recording.keep, *filter(None, map(keep_at_most, asked))]),
        rules=rules,
        why=_why_announced(announce, wanting, nowhere) if announced else "",
    )


def decide_sample(duties: Iterable[Duty], *, unknown: Iterable[str] = ()) -> RecordingDecision:
    """Return whether the first seconds may be recorded, in which nothing can be announced.

    Args:
        duties: those in force wherever the person may be; other topics are passed over.
        unknown: countries of which no rules are there: nobody there is recorded.
    """
    asked = [duty for duty in duties if duty.topic == TOPIC]
    rules = tuple(duty.id for duty in asked)
    wanting = [duty.id for duty in asked if _wants_announcement(duty)]
    nowhere = sorted(unknown)
    if wanting or nowhere:
        return _not_unannounced(rules, wanting, nowhere)
    keep = min([SAMPLE_KEPT, *filter(None, map(keep_at_most, asked))])
    return RecordingDecision(record=True, keep=keep, rules=rules)


def _not_unannounced(
    rules: tuple[str, ...], wanting: list[str], nowhere: list[str]
) -> RecordingDecision:
    told = ", ".join(wanting) or f"no rules are known for {', '.join(nowhere)}"
    return RecordingDecision(
        record=False, rules=rules, why=f"it would have to be announced ({told})"
    )


def _why_announced(announce: Announce, wanting: list[str], nowhere: list[str]) -> str:
    if wanting:
        return f"announced by {', '.join(wanting)}"
    if nowhere:
        return f"announced because no rules are known for {', '.join(nowhere)}"
    assert announce is Announce.ALWAYS
    return "announced as the campaign says"


def _wants_announcement(duty: Duty) -> bool:
    return duty.says.get("announce") == _YES or duty.says.get("parties") == _ALL


def keep_at_most(duty: Duty) -> timedelta | None:
    """Return how long a rule lets recordings be kept, or None where it names no time.

    Its words begin with a number and a unit: "6 months for training".
    """
    found = _SPAN.match(duty.says.get("keep_max", ""))
    return timedelta(days=int(found[1]) * _DAYS[found[2]]) if found else None


def is_recorded(decision: Mapping[str, object], topic: str = TOPIC) -> bool:
    """Tell whether a talk, or with SAMPLE its beginning, is recorded, by the kept decision."""
    kept = decision.get(topic)
    return isinstance(kept, Mapping) and kept.get("record") is True


def is_announced(decision: Mapping[str, object]) -> bool:
    """Tell whether the person has to be told of it, by the kept decision."""
    kept = decision.get(TOPIC)
    return isinstance(kept, Mapping) and kept.get("announce") is True


def must_be_said(decision: Mapping[str, object]) -> bool:
    """Tell whether the agent has to say that the talk is recorded, by the kept decision."""
    kept = decision.get(TOPIC)
    return isinstance(kept, Mapping) and kept.get("spoken") is True
