"""Where a round is played, and what a fault can take hold of there."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from dialer.lab.lab import Lab
from tests.asterisk.site import EngineProcess, Site
from tests.faults.agreement import Outage
from tests.faults.proxy import Proxy

RING_S = 5
"""How long the campaign lets a telephone ring."""


@dataclass(kw_only=True)
class Ground:
    """What an engine stands on; a fault may lay another before the round begins.

    Attributes:
        folder: everything of the round is in it.
        url: of the base, as the engine has it.
        program: what the engine is run by.
        random: decides what the plan leaves open, by the same seed.
        base_proxy: the way to the base, where there is one that can be cut.
    """

    folder: Path
    url: str
    program: tuple[str, ...] = ("-m", "cli")
    random: Random
    base_proxy: Proxy | None = None


@dataclass(kw_only=True)
class Scene:
    """One installation in the middle of a campaign.

    Attributes:
        site: the installation.
        ground: what its engine stands on.
        proxy: the way on which its engine reaches Asterisk.
        engine: the one that dials.
        short: nothing is to last long.
        outages: when Asterisk was dead.
        carrier_outages: when the network was.
    """

    site: Site
    ground: Ground
    proxy: Proxy
    engine: EngineProcess
    short: bool
    outages: list[Outage] = field(default_factory=list)
    carrier_outages: list[Outage] = field(default_factory=list)

    @property
    def lab(self) -> Lab:
        return self.site.lab

    @property
    def random(self) -> Random:
        return self.ground.random


@contextmanager
def noted(outages: list[Outage]) -> Iterator[None]:
    """Note that something is not there for as long as the block lasts."""
    since = datetime.now(UTC)
    yield
    outages.append(Outage(since, datetime.now(UTC)))


def as_it_is(_: Ground) -> AbstractContextManager[None]:
    """Leave the ground as every engine has it."""
    return nullcontext()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that breaks.

    Attributes:
        name: as `--only` names it.
        strike: breaks it and mends it again; returns what it did, for the report. It fails
            where nothing broke.
        prepared: lays the ground on which it can happen, for as long as the round lasts.
        databases: the kinds of base with which it can happen.
        early: it needs calls that are still to be placed.
    """

    name: str
    strike: Callable[[Scene], str]
    prepared: Callable[[Ground], AbstractContextManager[None]] = as_it_is
    databases: tuple[str, ...] = ("sqlite", "postgresql")
    early: bool = False
