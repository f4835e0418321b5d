"""What the screen asks of a desk: `dialer.desk.Desk`, or one that a test plays."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from dialer.screen.seat import Ability

if TYPE_CHECKING:
    from campaigns.results import Words

Document = Mapping[str, Any]


class DeskLike(Protocol):
    """Gives people and takes results; whatever else it can do are abilities of their own."""

    def next(self, campaign: str, agent: str) -> Document:
        """Return the person an agent has or gets now, or why there is nobody."""

    def give(self, lease: str, words: "Words") -> Document:
        """Write what came of a talk."""

    def release(self, lease: str) -> object:
        """Let go of a person who was not called."""

    def standing(self, campaign: str, agent: str) -> Document:
        """Return how agent and engine stand."""


@runtime_checkable
class Keeps(Protocol):
    """Keeps what was typed until it can be given."""

    def keep(self, lease: str, words: "Words") -> object:
        """Keep the words of a talk as a draft."""


@runtime_checkable
class Scripts(Protocol):
    """Tells the script anew after an answer."""

    def script(self, lease: str, answers: Mapping[str, Sequence[str]]) -> Document:
        """Return the parts of the person's document that answers change."""


@runtime_checkable
class Skips(Protocol):
    """Lets agents pass people over."""

    def skip(self, lease: str, reason: str) -> object:
        """Pass a person over without a call."""


@runtime_checkable
class Dials(Protocol):
    """Has the engine ring people whom the agent chose."""

    def dial(self, lease: str) -> object:
        """Have a person called."""


@runtime_checkable
class Undoes(Protocol):
    """Takes results back."""

    def undo(self, lease: str) -> object:
        """Take back the result that was given under a lease."""


@runtime_checkable
class Helps(Protocol):
    """Calls supervisors."""

    def help(self, lease: str) -> object:
        """Ask a supervisor to come into the talk."""


@runtime_checkable
class OnTheLine(Protocol):
    """Has agents on the line of an engine."""

    def login(self, agent: str) -> object:
        """Ring an agent's telephone and keep it on the line."""

    def ready(self, agent: str) -> object:
        """Give an agent people from now on."""

    def pause(self, agent: str, reason: str) -> object:
        """Give an agent nobody from now on."""

    def logout(self, agent: str) -> object:
        """Let an agent's telephone go."""


@runtime_checkable
class Records(Protocol):
    """Records talks, except where an agent stops it for a while."""

    def silence(self, lease: str, *, silent: bool) -> object:
        """Make the recording of a talk silent, or let it hear again."""


_ABILITIES: Mapping[Ability, type] = {
    Ability.KEEP: Keeps,
    Ability.SCRIPT: Scripts,
    Ability.SKIP: Skips,
    Ability.DIAL: Dials,
    Ability.UNDO: Undoes,
    Ability.HELP: Helps,
    Ability.LINE: OnTheLine,
    Ability.RECORD: Records,
}


def abilities(desk: object) -> frozenset[Ability]:
    """Return what a desk can do beyond giving people and taking results."""
    return frozenset(one for one, kind in _ABILITIES.items() if isinstance(desk, kind))
