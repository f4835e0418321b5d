"""What agents are for, what they can do and which languages they speak, read from words; pure."""

from collections.abc import Iterable, Sequence

from campaigns.fields import CODE, nearest
from campaigns.model import Role
from leads.errors import UsageError

NEWCOMERS = frozenset({Role.VOLUNTEER, Role.OPERATOR, Role.ANALYST})
"""Roles that make nobody a supervisor of others."""

_WRITTEN = (
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv "
    "cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho "
    "hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku "
    "kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn "
    "no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm "
    "sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi "
    "vo wa wo xh yi yo za zh zu"
)
_LANGUAGES = frozenset(_WRITTEN.split())
"""ISO 639-1."""


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
    named = frozenset(word.lower() for word in words)
    for word in sorted(named - _LANGUAGES):
        raise UsageError(
            f"--language {word!r} is no language of ISO 639-1; write its two letters, like nb "
            "for Norwegian or uk for Ukrainian"
        )
    return named
