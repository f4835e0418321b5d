"""Where this machine gets Debian's packages from, read from apt's own settings. Pure.

A machine behind a mirror reaches that mirror and nothing else, so the lab fetches its
Asterisk from the address apt uses.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_SUITES = re.compile(
    r"(?:sid|unstable|testing|stable|oldstable|oldoldstable|experimental|buster|bullseye|bookworm"
    r"|trixie|forky|duke)(?:[-/](?:updates|proposed-updates|backports|backports-sloppy))?"
)
"""Debian's own suites. Security suites are left out: their archive holds no other packages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One archive that apt is told of.

    Attributes:
        uris: its addresses, any of which will do.
        suites: the suites taken from it.
        components: the parts of the suites.
    """

    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]


def deb822_sources(text: str) -> tuple[Source, ...]:
    """Return the enabled binary archives of a `.sources` file."""
    found = []
    for stanza in _stanzas(text):
        enabled = stanza.get("enabled", "yes").lower() not in {"no", "false", "0", "off"}
        if enabled and "deb" in stanza.get("types", "").split():
            found.append(
                Source(
                    uris=tuple(stanza.get("uris", "").split()),
                    suites=tuple(stanza.get("suites", "").split()),
                    components=tuple(stanza.get("components", "").split()),
                )
            )
    return tuple(found)


def list_sources(text: str) -> tuple[Source, ...]:
    """Return the binary archives of a one-line-style `.list` file."""
    found = []
    for line in text.splitlines():
        entry = re.fullmatch(
            r"\s*deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)\s*(.*)", line.partition("#")[0]
        )
        if entry:
            uri, suite, components = entry.groups()
            found.append(Source(uris=(uri,), suites=(suite,), components=tuple(components.split())))
    return tuple(found)


def debian_archive(sources: Iterable[Source]) -> str | None:
    """Return the address of Debian's main archive, or None where apt knows none."""
    for source in sources:
        if "main" in source.components and any(map(_SUITES.fullmatch, source.suites)):
            for uri in source.uris:
                if uri.startswith(("http://", "https://")) and not _is_security(uri):
                    return uri
    return None


def _is_security(uri: str) -> bool:
    return "security" in uri.rstrip("/").rpartition("/")[2]


def _stanzas(text: str) -> Iterator[dict[str, str]]:
    """Yield each paragraph's fields, names in lower case, continuation lines joined."""
    stanza: dict[str, str] = {}
    field = ""
    for line in (*text.splitlines(), ""):
        if not line.strip():
            if stanza:
                yield stanza
            stanza, field = {}, ""
        elif line.startswith("#"):
            continue
        elif line[0].isspace():
            if field:
                stanza[field] += " " + line.strip()
        else:
            name, _, value = line.partition(":")
            field = name.strip().lower()
            stanza[field] = value.strip()
