"""When a campaign's own calls pause it: a campaign's table [breaker]; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from campaigns.fields import Section, shown

CHECKS = ("congestion", "refused", "unallocated", "abandoned", "silent", "no_audio", "machines")
"""What is looked at, under the names that users know (`campaigns.breaker`)."""

_FEWEST, _MOST = 5, 1000
_LEAST_SHARE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWindow:
    """Numbers of the manager's own for one check.

    Attributes:
        calls: how many of the last calls are looked at.
        share: the share of them at which the campaign pauses.
    """

    calls: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """What pauses a campaign by itself.

    Attributes:
        on: False: nothing does.
        off: checks that are left out.
        own: checks with numbers of the manager's own, which decide alone then.
    """

    on: bool = True
    off: frozenset[str] = frozenset()
    own: Mapping[str, OwnWindow] = field(default_factory=lambda: MappingProxyType({}))

    def asks(self, check: str) -> bool:
        """Tell whether a check may pause the campaign."""
        return self.on and check not in self.off


USUAL_BREAKER = Breaker()
"""That of a campaign that says nothing of it."""


def read_breaker(file: Section) -> Breaker:
    """Return what a campaign file says; whatever it leaves out is as usual."""
    table = file.section("breaker")
    off: set[str] = set()
    own: dict[str, OwnWindow] = {}
    table.expect(CHECKS)
    for check in CHECKS:
        held = table.held(check)
        if held is False:
            off.add(check)
        elif isinstance(held, dict):
            own[check] = _window(table.section(check))
        elif held is not None and held is not True:
            table.refuse(
                check, f"must be false, or like {{ calls = 40, share = 0.9 }}, not {shown(held)}"
            )
    return Breaker(on=table.flag("on", default=True), off=frozenset(off), own=own)


def _window(table: Section) -> OwnWindow:
    share = table.number("share", 1, low=_LEAST_SHARE)
    return OwnWindow(
        calls=table.whole("calls", _FEWEST, _MOST), share=1.0 if share is None else share
    )


def written_breaker(breaker: Breaker) -> dict[str, str]:
    """Return what is not as usual, by its keys in a campaign file."""
    written = {} if breaker.on else {"breaker.on": "false"}
    for check in CHECKS:
        if check in breaker.off:
            written[f"breaker.{check}"] = "false"
        elif (window := breaker.own.get(check)) is not None:
            written[f"breaker.{check}"] = f"{{ calls = {window.calls}, share = {window.share:g} }}"
    return written
