"""What agents are for, what they can do and which languages they speak, read from words; pure."""

from collections.abc import Iterable, Sequence

from campaigns.fields import CODE, nearest
from campaigns.model import Role
from leads.errors import UsageError
from leads.languages import known_language

NEWCOMERS = frozenset({Role.VOLUNTEER, Role.OPERATOR, Role.ANALYST})
"""Roles that make nobody a supervisor of others."""


def is_newcomer(roles: Iterable[Role]) -> bool:
    """Tell whether somebody with these roles may have to be trained before they call alone."""
    return NEWCOMERS.issuperset(roles)


def read_roles(words: Sequence[str]) -> frozenset[Role]:
    """Return the roles that words name.

    Raises:
        UsageError: a word names none, or there is no word.
    """
    known = [role.value for role in Role]
    for word in words:
        if word not in known:
            raise UsageError(
                f"{word!r} is no role, the nearest is {nearest(word, known)!r}; "
                f"choose of {', '.join(known)}"
            )
    if not words:
        raise UsageError(f"an agent has one role at least; choose of {', '.join(known)}")
    return frozenset(map(Role, words))


def read_skills(words: Sequence[str]) -> frozenset[str]:
    """Return the skills that words name: codes of the operator's own.

    Raises:
        UsageError: a word is no code.
    """
    for word in words:
        if not CODE.fullmatch(word):
            raise UsageError(
                f"--skill {word!r} is no code; write small letters, digits and _, like loans"
            )
    return frozenset(words)


def read_languages(words: Sequence[str]) -> frozenset[str]:
    """Return the languages that words name, as leads have them: ISO 639-1 in small letters.

    Raises:
        UsageError: a word names none.
    """
    return frozenset(known_language(word, option="--language") for word in words)
