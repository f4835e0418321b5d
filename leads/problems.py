"""What is wrong with somebody's data, as a value: where, and why.

Every reader of foreign data (lead files, campaign files, configuration) returns
these instead of raising, so that everything that can be said is said in one run.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from leads.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with a file or a setting.

    Attributes:
        where: the place in the words of its author: "line 12, phone", "dialing.ring_s".
        why: one clause that says what is wrong and, where there is one, the way out.
    """

    where: str
    why: str

    def __str__(self) -> str:
        """Return the problem as one line."""
        return f"{self.where}: {self.why}"


T = TypeVar("T")


def usable(what: str, read: T | tuple[Problem, ...]) -> T:
    """Return what a reader made of a file, unless it found problems.

    Raises:
        UsageError: it did; the message names every one.
    """
    if isinstance(read, tuple):
        refuse(what, read)
        raise UsageError(what)  # a reader that returns no problem and no value
    return read


def refuse(what: str, problems: Iterable[Problem]) -> None:
    """Raise one `UsageError` that names every problem, or return when there is none.

    Raises:
        UsageError: there is at least one problem.
    """
    lines = [str(problem) for problem in problems]
    if lines:
        raise UsageError("\n  ".join([f"{what}:", *lines]))
