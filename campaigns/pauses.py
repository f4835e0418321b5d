"""Why agents pause, and whether that is working time; pure.

The codes are an operator's own: ``[pauses]`` in the configuration. Two that Ringbank itself
needs are there always.
"""

from collections.abc import Mapping
from types import MappingProxyType

from campaigns.fields import Section, nearest
from leads.errors import UsageError

HOSTILE = "hostile"
"""The pause that follows a talk with somebody who was hostile."""
OTHER = "other"
"""The pause of an agent who gives no code."""

_PAY = ("paid", "unpaid")
_ALWAYS = {OTHER: "unpaid", HOSTILE: "paid"}
BUILT_IN: Mapping[str, str] = MappingProxyType(
    {
        "break": "paid",
        "lunch": "unpaid",
        "training": "paid",
        "meeting": "paid",
        "technical": "paid",
        **_ALWAYS,
    }
)
"""The codes of a configuration that names none, each paid or unpaid."""


def read_pauses(root: Section) -> Mapping[str, str]:
    """Return the codes of pauses, each paid or unpaid, from a whole configuration file."""
    if not root.has("pauses"):
        root.expect(["pauses"])
        return BUILT_IN
    section = root.section("pauses")
    named = {}
    for code in section.names():
        named[code] = section.choice(code, _PAY)
        if not code.replace("_", "").isalnum() or code != code.lower():
            section.refuse(code, "a code has small letters, digits and _, like lunch")
    return _ALWAYS | named


def pause_code(given: str | None, pauses: Mapping[str, str]) -> str:
    """Return the code of a pause that an agent asks for.

    Raises:
        UsageError: there is none of that name.
    """
    if given is None:
        return OTHER
    if given not in pauses:
        raise UsageError(
            f"{given!r} is no reason to pause, the nearest is {nearest(given, list(pauses))!r}; "
            f"choose one of {', '.join(pauses)}"
        )
    return given
