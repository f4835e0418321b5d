"""The one root of everything Ringbank raises when the world, not the data, is at fault.

Bad data is a value (`leads.problems.Problem`), a "no" is a value
(`campaigns.gates.Refusal`); an exception means that somebody has to do something,
and its message says what. The command line prints the message and leaves with
`exit_status`; nothing else looks at it.
"""

from typing import ClassVar


class RingbankError(Exception):
    """Something outside Ringbank failed; the message ends with the remedy."""

    exit_status: ClassVar[int] = 1


class UsageError(RingbankError):
    """The command, its options or the configuration are not usable as given."""

    exit_status: ClassVar[int] = 2


class NotAllowedError(RingbankError):
    """A rule or a role forbids what was asked."""

    exit_status: ClassVar[int] = 3


class TrippedError(RingbankError):
    """Work was left undone because a campaign paused itself."""

    exit_status: ClassVar[int] = 4


class DatabaseError(RingbankError):
    """The database could not be opened, read or written."""


class LostError(DatabaseError):
    """The connection was lost, and nothing of what was being done is kept: it may be done again."""


class DoubtfulError(DatabaseError):
    """The connection was lost while a change was being kept, and nobody knows whether it is."""
