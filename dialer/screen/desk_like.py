"""What the screen asks of a desk: `dialer.desk.Desk`, or one that a test plays."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from campaigns.result_words import Words

Document = Mapping[str, Any]


class DeskLike(Protocol):
    """What an agent does, a method a step."""

    def next(self, campaign: str, agent: str) -> Document:
        """Return the person an agent has or gets now, or why there is nobody."""

    def standing(self, campaign: str, agent: str) -> Document:
        """Return how agent and engine stand."""

    def script(self, lease: str, answers: Mapping[str, Sequence[str]]) -> Document:
        """Return the parts of the person's document that answers change."""

    def keep(self, lease: str, words: "Words") -> object:
        """Keep what was typed of a talk until it can be given."""

    def give(self, lease: str, words: "Words") -> Document:
        """Write what came of a talk."""

    def undo(self, lease: str) -> object:
        """Take back the result that was given under a lease."""

    def release(self, lease: str) -> object:
        """Let go of a person who was not called."""

    def skip(self, lease: str, reason: str) -> object:
        """Pass a person over without a call."""

    def dial(self, lease: str) -> object:
        """Have a person called."""

    def help(self, lease: str) -> object:
        """Ask a supervisor to come into the talk."""

    def silence(self, lease: str, *, silent: bool) -> object:
        """Make the recording of a talk silent, or let it hear again."""

    def login(self, agent: str) -> object:
        """Ring an agent's telephone and keep it on the line."""

    def ready(self, agent: str) -> object:
        """Give an agent people from now on."""

    def pause(self, agent: str, reason: str) -> object:
        """Give an agent nobody from now on."""

    def rest(self, agent: str, reason: str | None) -> object:
        """Write that an agent who dials themselves pauses or, without a reason, works again."""

    def logout(self, agent: str) -> object:
        """Let an agent's telephone go."""
