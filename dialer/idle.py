"""Why a campaign places no call, as a word for programs and a sentence for people; pure."""

from dataclasses import dataclass
from enum import StrEnum


class Ground(StrEnum):
    """What keeps a campaign from dialling."""

    NOT_STARTED = "not_started"
    TRIPPED = "tripped"  # it paused itself
    NO_ENGINE = "no_engine"
    STOPPING = "stopping"
    OTHER_CAMPAIGNS = "other_campaigns"  # the engine was started for those
    ASTERISK = "asterisk"
    REGISTRY = "registry"
    VOICE = "voice"
    NO_TRUNK = "no_trunk"
    LINES = "lines"
    NO_AGENT = "no_agent"
    NONE_READY = "none_ready"
    BUDGET = "budget"
    NO_LEAD = "no_lead"
    DONE = "done"
    NOT_YET = "not_yet"  # nobody may be called before a moment
    BY_HAND = "by_hand"  # its agents dial
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Idle:
    """Why a campaign places no call at this moment."""

    ground: Ground
    text: str

    def __str__(self) -> str:
        """Return what people read."""
        return self.text
