"""What a connection to the base that is lost in the middle of a command means for it.

What only reads is done again. What writes is not, unless it is told so at its place (`next`): when
the loss came before the first commit, nothing is recorded and its error says so; when it came in
a commit or after one, nobody here can know how far it went, and whoever gave the command is told
where to look.
"""

from collections.abc import Callable
from typing import TypeVar

from leads.again import again_if_lost
from leads.console import Console
from leads.errors import DatabaseError, DoubtfulError, LostError

_Result = TypeVar("_Result")

READS = frozenset(
    {
        "audit",
        "callbacks list",
        "campaigns forecast",
        "campaigns list",
        "campaigns show",
        "campaigns status",
        "campaigns unplaced",
        "consents list",
        "dnc check",
        "dnc list",
        "dnc registries",
        "doctor",
        "drafts list",
        "explain",
        "inbound list",
        "leads count",
        "leads duplicates",
        "lists list",
        "lists show",
        "recording list",
        "scripts list",
        "scripts show",
        "status",
        "supervise list",
        "agents list",
        "agents show",
    }
)
"""Commands that change nothing: what they leave is what they print, and perhaps that somebody looked."""

LOOK = {
    "agents": "ringbank agents list",
    "callbacks": "ringbank callbacks list",
    "campaigns": "ringbank campaigns list",
    "consents": "ringbank consents list ID",
    "dnc": "ringbank dnc list",
    "dnc import": "ringbank dnc registries",
    "inbound": "ringbank inbound list",
    "leads": "ringbank leads show ID",
    "leads import": "ringbank lists show NAME",
    "leads undo": "ringbank lists list",
    "lists": "ringbank lists list",
    "next": "ringbank next, which shows the same person again",
    "orders": "ringbank orders list",
    "recording": "ringbank recording list",
    "release": "ringbank next, which shows the person while you have them",
    "result": "ringbank next, which shows the person while their result is owed",
    "scripts": "ringbank scripts list",
    "skip": "ringbank next, which shows the person while you have them",
    "supervise": "ringbank supervise list",
    "tasks": "ringbank tasks list",
}
"""Command, or the group of several -> where one sees whether it is recorded."""

_ELSE = "ringbank status"


def look_after(command: str) -> str:
    """Return where one sees whether a command, such as "leads import", is recorded."""
    return LOOK.get(command) or LOOK.get(command.partition(" ")[0], _ELSE)


def given(command: str, console: Console, work: Callable[[], _Result]) -> _Result:
    """Do what a command does.

    Args:
        command: without "ringbank".
        console: where it prints: what is on the paper is not printed twice.
        work: the command.

    Raises:
        DoubtfulError: the base was lost, and what was done may be recorded; it says where to look.
        RingbankError: as the command does.
    """

    def once() -> _Result:
        try:
            return work()
        except (LostError, DoubtfulError) as error:
            if console.has_printed:
                raise DatabaseError(str(error)) from error
            raise

    if command in READS:
        return again_if_lost(once, even_in_doubt=True)
    try:
        return work()
    except DoubtfulError as error:
        raise DoubtfulError(f"{error}, with: {look_after(command)}") from error
    except LostError as error:
        from leads.db import has_kept, place_of  # SQLAlchemy, which not every command needs

        base = console.base()
        if not has_kept(base):
            raise
        raise DoubtfulError(
            f"the connection to the database {place_of(base)} was lost when something was recorded "
            f"already; look before you do it again, with: {look_after(command)}"
        ) from error
