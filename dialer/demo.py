"""``ringbank demo``: the main job in one command, on a real Asterisk and simulated people.

Nothing is faked but the people: the lists are imported, checked, called over SIP and
written back by the same functions that every other command uses. The engine's clock is
set to a Tuesday at 11:00 UTC, when it is a decent hour in all five countries.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leads.console import Console
from leads.errors import RingbankError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from dialer.config import Config
    from dialer.lab.lab import Lab
    from dialer.reconcile import Booked, Difference, Seen

OPEN_EVERYWHERE = datetime(2026, 11, 17, 11, 0, tzinfo=UTC)
"""A Tuesday: 12:00 in Oslo, Stockholm and Warsaw, 14:00 in Istanbul, 19:00 in Taipei."""

SAMPLES = Path(__file__).parent / "lab" / "samples"
LISTS = (("norway", "NO"), ("sweden", "SE"), ("poland", "PL"), ("turkey", "TR"), ("taiwan", "TW"))
REGISTRY = SAMPLES / "registries" / "made-up.csv"
"""A made-up registry: numbers on the samples' lists whose owners do not want to be called."""

_REGISTRY_DAY = date(2026, 11, 1)
_CAMPAIGN = "demo"
_RECORDS_WITHIN_S = 5.0
_RECORDED = 'sound = "tt-allbusy"'
"""What is played where nothing can be spoken: a recording that comes with Asterisk."""


class DisagreementError(RingbankError):
    """The ledger and the network's call records do not agree."""


def demo(
    ctx: typer.Context,
    output: Annotated[Path, typer.Option("--output", help="Where the attempts go.")] = Path(
        "demo-attempts.csv"
    ),
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the lab running for your own tries.")
    ] = False,
) -> None:
    """Call some hundred simulated people on a real Asterisk, and show what every call came to.

    The first time it fetches Asterisk from Debian's archive, which takes a minute or two.

    Example: ringbank demo
    """
    console: Console = ctx.obj
    with _lab(console, keep=keep) as lab:
        base, config = _prepare(console, lab)
        _import(console, base, config.registries)
        _call(console, base, config)
        attempts = _report(console, base, output)
        _compare(console, base, lab, attempts)
        if keep:
            console.say(f"the lab goes on; use it with: ringbank --config {lab.config_file}")


@contextmanager
def _lab(console: Console, *, keep: bool) -> "Iterator[Lab]":
    """Give a lab that was started for this demo, with no call in its records."""
    from dialer.lab.lab import TOWN, Lab, lab_directory, load_scenario

    directory = lab_directory(_CAMPAIGN)
    earlier = Lab.find(directory)
    if earlier is not None:
        earlier.down()
    console.say("bringing up the lab: one Asterisk as PBX, one as the telephone network")
    lab = Lab.up(directory, load_scenario(TOWN), tell=console.say)
    try:
        yield lab
    finally:
        if not keep:
            lab.down()


def _prepare(console: Console, lab: "Lab") -> "tuple[Engine, Config]":
    """Open an empty base beside the lab, whatever configuration the user has."""
    from sqlalchemy import make_url

    from dialer import config as configuration
    from dialer import schema

    config = configuration.load(lab.config_file, {})
    database = make_url(config.database_url).database
    assert database is not None
    for suffix in ("", "-wal", "-shm"):
        Path(database + suffix).unlink(missing_ok=True)
    base = schema.open_base(config.database_url)
    console.opener = lambda: base
    return base, config


def _import(console: Console, base: "Engine", registry_folder: Path) -> None:
    from leads.importing import import_leads
    from leads.registries import load

    for name, region in LISTS:
        report = import_leads(
            base,
            source=str(SAMPLES / f"{name}.csv"),
            list_name=name,
            region=region,
            mapping=(),
            encoding=None,
            delimiter=None,
            rejects=None,
            dry_run=False,
            registry_folder=registry_folder,
            now=console.now(),
            progress=lambda _: None,
        )
        console.say(
            f"imported {name}.csv ({report.encoding}): {report.read} read = {report.imported} "
            f"imported + {report.joined} joined + {report.rejected} rejected"
        )
    loaded = load(
        base,
        registry_folder,
        source=REGISTRY,
        name="made-up",
        as_of=_REGISTRY_DAY,
        region=None,
        mapping=[("phone", "number")],
        older=True,  # whatever day it is by the machine's clock
        now=console.now(),
    )
    console.say(
        f"registry {loaded.registry}: {loaded.listed} of these people do not want to be called"
    )


def _call(console: Console, base: "Engine", config: "Config") -> None:
    """Create the campaign, start it, and run the engine until nobody is left to call."""
    from campaigns import store
    from campaigns.definition import read_definition
    from campaigns.model import CampaignState
    from dialer.clock import Clock
    from dialer.run import run_engine
    from leads.db import writing
    from leads.problems import refuse, usable

    text = (SAMPLES / "demo.toml").read_text(encoding="utf-8")
    if not _has_voice(config):
        console.say("there is no espeak-ng, so people hear a recording")
        text = re.sub(r"^text = .*\nlanguage = .*$", _RECORDED, text, flags=re.MULTILINE)
    campaign = usable("the demo's campaign", read_definition(text, trunks=list(config.trunks)))
    with writing(base) as connection:
        problems = store.create(
            connection, campaign, definition=text, script=None, file=None, now=console.now()
        )
        refuse("the demo's campaign", problems)
        stored = store.load(connection, campaign.name)
        store.set_state(connection, stored, CampaignState.RUNNING, now=console.now())
    console.say(f"calling; the clock is set to {OPEN_EVERYWHERE:%A %Y-%m-%d %H:%M} UTC")
    interrupted = run_engine(
        console,
        config,
        only=[campaign.name],
        until_done=True,
        clock=Clock.set_to(OPEN_EVERYWHERE),
    )
    if interrupted:
        raise KeyboardInterrupt


def _has_voice(config: "Config") -> bool:
    from dialer.speech import Folder, built_in

    folder = Folder(here=Path(config.sounds), there=config.sounds_there)
    return bool(config.sounds) and built_in(folder) is not None


def _report(console: Console, base: "Engine", output: Path) -> "Sequence[Booked]":
    """Print what the calls came to, and write the attempts to a file."""
    from campaigns import store
    from campaigns.exports.export import export
    from campaigns.report import standing
    from leads.db import reading

    with reading(base) as connection:
        stored = store.load(connection, _CAMPAIGN)
        found = standing(connection, stored.id, now=console.now())
        booked = booked_attempts(connection)
    if not console.json:
        console.rows(("outcome", "attempts"), found.outcomes.items())
        console.rows(("leads done by", "people"), sorted(found.done_by.items()))
    written = export(base, "attempts", output=str(output), campaign=_CAMPAIGN, now=console.now())
    console.say(f"wrote {written.rows} attempts to {output}")
    return booked


def _compare(console: Console, base: "Engine", lab: "Lab", attempts: "Sequence[Booked]") -> None:
    """Hold the ledger against the network's own call records.

    Raises:
        DisagreementError: they differ.
    """
    from campaigns import store
    from campaigns.report import standing
    from leads.db import reading

    calls, found = network_check(lab, attempts)
    if console.json:
        with reading(base) as connection:
            stored = store.load(connection, _CAMPAIGN)
            counted = standing(connection, stored.id, now=console.now())
        console.document(
            {
                "outcomes": counted.outcomes,
                "done_by": counted.done_by,
                "attempts": len(attempts),
                "network_calls": len(calls),
                "differences": [{"number": d.number, "what": d.what} for d in found],
            }
        )
    if found:
        lines = "\n  ".join(f"{d.number}: {d.what}" for d in found)
        raise DisagreementError(
            f"the ledger and the network's call records differ; please report this:\n  {lines}"
        )
    if not console.json:
        answered = sum(call.answered for call in calls)
        console.line(
            f"the ledger's {len(attempts)} attempts and the network's {len(calls)} call records "
            f"({answered} answered) agree"
        )


def network_check(
    lab: "Lab", attempts: "Sequence[Booked]"
) -> "tuple[tuple[Seen, ...], tuple[Difference, ...]]":
    """Return the network's calls, and every difference between them and the ledger.

    The network writes a call down a moment after its end, so a difference counts only
    when it is still there after some seconds.
    """
    import time

    from dialer.reconcile import Seen, differences

    deadline = time.monotonic() + _RECORDS_WITHIN_S
    while True:
        calls = tuple(
            Seen(
                number=record.number,
                at=record.started_at,
                answered=record.answered_at is not None,
                cause=record.cause,
            )
            for record in lab.records()
        )
        found = differences(attempts, calls)
        if not found or time.monotonic() > deadline:
            return calls, found
        time.sleep(0.1)


def booked_attempts(connection: "Connection") -> "tuple[Booked, ...]":
    """Return the whole ledger as the comparison needs it."""
    from sqlalchemy import select

    from campaigns.model import Outcome
    from campaigns.tables import attempts
    from dialer.reconcile import Booked

    return tuple(
        Booked(
            attempt_id=row.id,
            number=row.phone,
            at=row.dialed_at,
            outcome=Outcome(row.outcome) if row.outcome else None,
            evidence=row.evidence,
        )
        for row in connection.execute(select(attempts))
    )
