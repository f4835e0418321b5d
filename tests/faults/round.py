"""One round: a campaign begins, something breaks, everything goes on, and the books are compared."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from dialer.lab.lab import Lab
from tests.asterisk.crowd import fill, start
from tests.asterisk.site import Site
from tests.faults import carrier, clock, databases, link, messages, processes
from tests.faults.agreement import Books
from tests.faults.plan import TRIES_OF_BUSY, Moment, Plan
from tests.faults.proxy import Proxy
from tests.faults.scene import RING_S, Fault, Ground, Scene
from tests.waiting import until

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for family in (processes, link, messages, databases, clock, carrier)
    for fault in family.FAULTS
}
"""Everything that can break, by its name."""

_BEGINS_WITHIN_S = 20
_ENDS_WITHIN_S = 60
_WRITTEN_WITHIN_S = 5
"""The network writes a call down a moment after its end."""

_CAMPAIGN = f"""
name = "calls"
lists = ["people"]
mode = "broadcast"
trunk = "main"
caller_id = "+4721000000"
seller = "Example Telecom AS"
purpose = "survey"
audience = "consumer"
[dialing]
ring_s = {RING_S}
[retry]
busy = {{ after = "5s", max = {TRIES_OF_BUSY} }}
[breaker]
on = false  # it pauses a campaign in which so much goes wrong at once
[message]
sound = "tt-somethingwrong"
confirm = "auth-thankyou"
keys = {{ 1 = "connect", 5 = "answer:support=yes", 9 = "do_not_call" }}
[abandoned]
sound = "auth-thankyou"
[[questions]]
key = "support"
text = "Do you support it?"
type = "choice"
choices = ["yes", "no"]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What came of a round.

    Attributes:
        did: what the fault did.
        calls: how many the network saw.
        unknown: how many attempts ended so.
        took_s: the whole of it.
        wrong: everything on which the two sides do not agree, and what else is not as it must be.
        log: what the engines said.
    """

    plan: Plan
    database: str
    did: str
    calls: int
    unknown: int
    took_s: float
    wrong: Sequence[str]
    log: str

    def __str__(self) -> str:
        """Say it in one line."""
        return (
            f"seed {self.plan.seed}  {self.plan.fault:<25} {self.plan.moment!s:<15} "
            f"{self.database:<10}  {self.calls:>3} calls  {self.unknown:>2} unknown  "
            f"{self.took_s:>4.1f} s  {self.did}"
        )


def play(plan: Plan, lab: Lab, folder: Path, url: str, number: Callable[[str], str]) -> Played:
    """Play a round.

    Args:
        plan: what it is to be.
        lab: up, and up again afterwards.
        folder: empty.
        url: of a fresh base.
        number: gives a number with an ending, never the same twice on this lab.
    """
    began = time.monotonic()
    fault = FAULTS[plan.fault]
    plan = plan.made_early() if fault.early else plan
    ground = Ground(folder=folder, url=url, random=Random(f"{plan.seed} {plan.fault}"))
    proxy = Proxy(lab.ami_port, Random(plan.seed))
    with fault.prepared(ground), closing(Site(lab, folder, ground.url, number)) as site:
        site.configure(port=proxy.port, max_calls_per_second=plan.calls_per_second)
        people = [number(ending) for ending in plan.people]
        site.everybody.update(people)
        fill(site.base, folder, _CAMPAIGN, people, agents_there=0)
        start(site.base, "calls")
        scene = Scene(
            site=site,
            ground=ground,
            proxy=proxy,
            engine=site.engine("--until-done", program=ground.program),
            short=plan.short,
        )
        _wait_for(plan.moment, scene)
        did = fault.strike(scene)
        if not scene.engine.lives:
            scene.engine = site.engine("--until-done", program=ground.program)
        wrong = _end(scene)
        site.end_processes()
        # One that the fault brought down has a successor by now, and good books perhaps.
        wrong += [why for one in site.processes if (why := one.went_wrong)]
        site.end_calls()
        with suppress(AssertionError):
            until(lambda: not _differences(scene), _WRITTEN_WITHIN_S)
        wrong += _differences(scene)
        wrong += _books(scene).disagreements(people)
        return Played(
            plan=plan,
            database=site.base.dialect.name,
            did=did,
            calls=len(site.network()),
            unknown=sum(one.outcome == "unknown" for one in site.attempts()),
            took_s=time.monotonic() - began,
            wrong=wrong,
            log="\n".join(f"-- engine\n{one.said}" for one in site.processes),
        )


def _wait_for(moment: Moment, scene: Scene) -> None:
    """Wait until something is to break; it has to be while the campaign goes on."""
    site = scene.site
    scene.engine.until(site.attempts, _BEGINS_WITHIN_S)
    if moment.counted == "seconds":
        time.sleep(moment.value)
    elif moment.counted == "placed":
        _at_once(lambda: len(site.attempts()) >= moment.value)
    else:
        _at_once(lambda: _ended(site) >= moment.value)
    assert scene.engine.lives, f"the campaign was over before anything broke: {scene.engine.said}"


def _at_once(condition: Callable[[], bool]) -> None:
    """Return within a millisecond or two of a commit: before or after Asterisk is told of it."""
    deadline = time.monotonic() + _BEGINS_WITHIN_S
    while not condition():
        assert time.monotonic() < deadline, f"not true within {_BEGINS_WITHIN_S} s"
        time.sleep(0.0005)


def _ended(site: Site) -> int:
    return sum(one.ended_at is not None for one in site.attempts())


def _books(scene: Scene) -> Books:
    return Books(
        attempts=scene.site.attempts(),
        network=scene.site.network(),
        outages=scene.outages,
        carrier_outages=scene.carrier_outages,
    )


def _differences(scene: Scene) -> list[str]:
    books = _books(scene)
    return scene.site.differences(but_for=books.without_record(), causes_lost=books.without_cause())


def _end(scene: Scene) -> list[str]:
    """Let the campaign come to its end; return what is wrong with that."""
    try:
        scene.engine.finishes(_ENDS_WITHIN_S)
    except AssertionError as error:
        return [f"the campaign does not end well: {error}"]
    return []
