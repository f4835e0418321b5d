"""Machine detection as a campaign file asks for it: the keys of [dialing] about it; pure."""

from dataclasses import dataclass, fields
from enum import StrEnum

from campaigns.fields import Section

OFF, DETECT = "off", "detect"
BEFORE, JOINED = "before", "joined"
HANG_UP, LEAVE_MESSAGE, CONNECT = "hang_up", "message", "connect"

_MOST_SAMPLES = 1000
_NOT_FOR = {
    "manual": "the agent hears on their own telephone who answers",
    "preview": "the agent who chose the person hears who answers",
}


class Heard(StrEnum):
    """What machine detection takes for the one who answered; a fax is no verdict of AMD."""

    PERSON = "person"
    MACHINE = "machine"
    UNSURE = "unsure"
    FAX = "fax"


VERDICTS = (Heard.PERSON, Heard.MACHINE, Heard.UNSURE)
"""What an attempt keeps, and what somebody who listens to a sample may say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amd:
    """Whether and when a campaign finds out what answered, and what becomes of a machine.

    Attributes:
        detect: it does.
        when: before anybody is wanted, or while the person is joined to an agent already.
        on_machine: hang_up, message, or connect (pass it on like a person).
        samples: of so many calls a day the first seconds are recorded, where that is allowed.
    """

    detect: bool = False
    when: str = JOINED
    on_machine: str = HANG_UP
    samples: int = 20

    @property
    def before(self) -> bool:
        """Tell whether a person waits for the verdict before anybody is there."""
        return self.detect and self.when == BEFORE


AMD_OFF = Amd()
"""What a campaign has that says nothing of it."""


def read_amd(dialing: Section, mode: str) -> Amd:
    """Return what a campaign file says of machine detection.

    Args:
        dialing: its table [dialing].
        mode: the campaign's.
    """
    detect = dialing.choice("amd", (OFF, DETECT), default=OFF) == DETECT
    if detect and mode in _NOT_FOR:
        dialing.refuse("amd", f"must be 'off' where the mode is {mode}: {_NOT_FOR[mode]}")
    return Amd(
        detect=detect,
        when=dialing.choice("amd_when", (BEFORE, JOINED), default=AMD_OFF.when),
        on_machine=dialing.choice(
            "on_machine", (HANG_UP, LEAVE_MESSAGE, CONNECT), default=AMD_OFF.on_machine
        ),
        samples=dialing.whole("amd_samples", 0, _MOST_SAMPLES, default=AMD_OFF.samples),
    )


def written_amd(amd: Amd) -> dict[str, str]:
    """Return the settings that are not as usual, as a campaign file writes them, by key."""
    keys = {
        "detect": ("dialing.amd", f'"{DETECT}"'),
        "when": ("dialing.amd_when", f'"{amd.when}"'),
        "on_machine": ("dialing.on_machine", f'"{amd.on_machine}"'),
        "samples": ("dialing.amd_samples", str(amd.samples)),
    }
    return dict(
        keys[field.name]
        for field in fields(amd)
        if getattr(amd, field.name) != getattr(AMD_OFF, field.name)
    )
