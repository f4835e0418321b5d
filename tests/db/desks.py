"""Many agents' desks, a process each, that ask one base for the next person at one instant.

    python -m tests.db.desks URL FOLDER

One process imports everything and becomes as many as there are desks; what each saw is left in
FOLDER as a line of JSON a step, with the machine's seconds between which it was so for certain.
"""

import json
import multiprocessing
import sys
import time
from datetime import datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path

from campaigns import leaving
from campaigns.agents import find_agent
from campaigns.result_words import Words
from campaigns.rules.own import Own
from dialer.desk import Desk
from dialer.schema import open_base
from leads.db import writing
from leads.errors import NotAllowedError, RingbankError, UsageError
from leads.site import Settings, Site
from tests.db.people import NOON

DESKS = 64
AGENTS = 56
"""Every desk above that is the second one of an agent, who asks from both at one instant."""

LEAVING = ("agent_40", "agent_41", "agent_42", "agent_43")
"""Agents who are deactivated while they ask, by the last desk, which asks for nobody then."""

ROUNDS = 3
LEAVES_IN = 1
TURNS = 2
"""What each agent does without waiting for the others: ask, and let go."""

_WITHIN_S = 150


class Noon(Site):
    """An installation at which it is noon, whatever the machine says."""

    def now(self) -> datetime:
        return NOON


def main(url: str, folder: str) -> int:
    """Become so many desks, and wait until they are through."""
    site = Noon(config_file=Path("none"), opener=lambda: open_base(url), settings=settings_of_tests)
    sitting = Desk(site)
    # What takes a process longest at its first question is done once, not by each of them.
    sitting.release(str(sitting.next("spring", "warm")["lease"]))
    site.base().dispose()
    fork = multiprocessing.get_context("fork")
    barrier = fork.Barrier(DESKS)
    desks = [
        fork.Process(target=_sit, args=(sitting, site, number, barrier, Path(folder)))
        for number in range(DESKS)
    ]
    for one in desks:
        one.start()
    for one in desks:
        one.join(_WITHIN_S)
        if one.is_alive():
            one.kill()
    return max(abs(one.exitcode or 0) for one in desks)


def settings_of_tests(engine: str = "default") -> Settings:
    return Settings(
        region="NO",
        registries=Path("none"),
        trunks={},
        engine=engine,
        rules_folder=None,
        own_rules=Own().document(),
        require_token=False,
        pauses={},
    )


def agent_of(number: int) -> str:
    """Return whose desk it is."""
    return f"agent_{number % AGENTS}"


def _sit(sitting: Desk, site: Site, number: int, barrier: Barrier, folder: Path) -> None:
    agent = agent_of(number)
    first = number < AGENTS
    with (folder / f"{number}.jsonl").open("w", encoding="utf-8") as file:

        def note(what: str, **more: object) -> None:
            file.write(json.dumps({"what": what, "agent": agent, **more}) + "\n")

        for turn in range(ROUNDS):
            barrier.wait(_WITHIN_S)
            leaves = turn == LEAVES_IN
            if leaves and number == DESKS - 1:
                for name in LEAVING:
                    _deactivate(site, name)
                lease = None
            else:
                lease = _ask(sitting, agent, note, round=turn)
            barrier.wait(_WITHIN_S)  # all hold somebody now: nobody lets go before
            if lease is not None and first:
                _let_go(sitting, lease, note, result=turn == 0)
        barrier.wait(_WITHIN_S)
        for _ in range(TURNS if first else 0):
            lease = _ask(sitting, agent, note, round=ROUNDS)
            if lease is not None:
                _let_go(sitting, lease, note, result=False)
    site.base().dispose()


def _ask(sitting: Desk, agent: str, note, *, round: int) -> str | None:  # noqa: A002
    began = time.monotonic()
    try:
        found = sitting.next("spring", agent)
    except (NotAllowedError, UsageError) as error:
        note("refused", round=round, why=str(error))
        return None
    except RingbankError as error:
        note("failed", round=round, why=str(error))
        return None
    since = time.monotonic()
    if found["lease"] is None:
        note("nobody", round=round, why=[one["gate"] for one in found["why"]])
        return None
    note(
        "given",
        round=round,
        lease=found["lease"],
        lead=found["lead"]["id"],
        phone=found["phone"],
        took_s=since - began,
        since_s=since,
    )
    return found["lease"]


def _let_go(sitting: Desk, lease: str, note, *, result: bool) -> None:
    until = time.monotonic()
    try:
        if result:
            sitting.give(lease, Words(disposition="success"))
        else:
            sitting.release(lease)
    except UsageError as error:
        note("gone", lease=lease, why=str(error), until_s=until)
    except RingbankError as error:
        note("failed", lease=lease, why=str(error))
    else:
        note("let_go", lease=lease, result=result, until_s=until)


def _deactivate(site: Site, name: str) -> None:
    """Take an agent out of the work as a supervisor does: nobody stays held for them."""
    with writing(site.base()) as connection:
        leaving.deactivate(connection, find_agent(connection, name), now=NOON)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
