"""What is said of the calls that an engine leaves behind when it ends."""

from collections.abc import Collection

from dialer.live import LiveCall
from leads.model import masked

_NAMED = 20


def told_of_left(calls: Collection[LiveCall], callers: int) -> str:
    """Return a sentence on calls that are still in flight, empty where there are none.

    Args:
        calls: those that the engine placed.
        callers: how many people are on the line who called us.
    """
    if not calls and not callers:
        return ""
    named = [f"{one.stored.campaign.name} {masked(one.attempt.phone)}" for one in calls][:_NAMED]
    if len(calls) > _NAMED:
        named.append(f"and {len(calls) - _NAMED} more")
    if callers:
        named.append(f"{callers} who called us")
    left = len(calls) + callers
    begins = (
        "1 call is still in flight, and the next start settles it"
        if left == 1
        else f"{left} calls are still in flight, and the next start settles them"
    )
    return f"{begins}: {', '.join(named)}"
