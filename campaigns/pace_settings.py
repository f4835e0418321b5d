"""How a campaign is paced, as its file says in `[dialing]`; pure."""

from dataclasses import dataclass

from campaigns.fields import Section

LEAST_RATIO, MOST_RATIO = 1.0, 10.0
_RATIO = "ratio"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceSettings:
    """What the manager asks of the pacing besides mode and `abandon_limit`.

    Attributes:
        ratio: calls for each agent who is ready, 1 to 10; mode ratio alone has one.
        soft_limit: the share of abandoned calls to pace to, at most `abandon_limit`; None:
            that limit itself.
    """

    ratio: float | None = None
    soft_limit: float | None = None


PLAIN = PaceSettings()


def read_pace(dialing: Section, mode: str, *, abandon_limit: float) -> PaceSettings:
    """Return what the table `[dialing]` says of the pacing.

    Args:
        dialing: the table.
        mode: the word for the campaign's.
        abandon_limit: what the soft limit may be at most.
    """
    ratio = dialing.number("ratio", MOST_RATIO, low=LEAST_RATIO)
    if mode == _RATIO and not dialing.has("ratio"):
        dialing.refuse("ratio", "is missing; write for example ratio = 2.0")
    if mode != _RATIO and dialing.has("ratio"):
        dialing.refuse("ratio", f"only mode ratio has one, and the mode is {mode}")
    soft_limit = dialing.number("soft_limit", abandon_limit)
    return PaceSettings(ratio=ratio, soft_limit=soft_limit)


def written_pace(pace: PaceSettings) -> dict[str, str]:
    """Return the settings as a campaign file writes them, those that it need not have left out."""
    there = {"dialing.ratio": pace.ratio, "dialing.soft_limit": pace.soft_limit}
    return {key: repr(value) for key, value in there.items() if value is not None}
