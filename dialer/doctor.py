"""``ringbank doctor``: looks at everything a campaign needs; each failure has its remedy."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from dialer.actions import MARKS
from dialer.findings import Finding
from leads.console import Console
from leads.errors import RingbankError

if TYPE_CHECKING:
    from dialer.config import Config
    from dialer.link import Link

_PROBLEMS = 1


def doctor(ctx: typer.Context) -> None:
    """Look at configuration, base, rules, Asterisk, dialplan, voice, trunks and time zones.

    Leaves with 0 when a campaign could dial, with 1 when something is to be mended.

    Example: ringbank doctor
    """
    console: Console = ctx.obj
    findings = list(examine(console))
    if console.json:
        console.document(
            [
                {"what": f.what, "ok": f.ok, "why": f.why or None, "remedy": f.remedy or None}
                for f in findings
            ]
        )
    else:
        for finding in findings:
            sign = "ok  " if finding.ok else "FAIL"
            why = f": {finding.why}" if finding.why else ""
            remedy = f"; {finding.remedy}" if finding.remedy else ""
            console.line(f"{sign} {finding.what}{why}{remedy}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(_PROBLEMS)


def examine(console: Console) -> Iterator[Finding]:
    """Return what was found, in the order in which it is best mended."""
    from dialer import config as configuration
    from dialer.doctor_rules import rule_findings
    from dialer.doctor_secure import private_files

    try:
        config = configuration.load(console.config_file, os.environ)
    except RingbankError as error:
        yield Finding(what="configuration", ok=False, why=str(error))
        return
    yield Finding(what="configuration", ok=True, why=str(config.file))
    yield from private_files(config)
    yield from _base(console)
    yield _zones()
    yield from rule_findings(console)
    yield from _trunks(config)
    yield from _asterisk(config)


def _base(console: Console) -> Iterator[Finding]:
    from dialer.doctor_secure import base_encryption
    from leads.db import place_of

    try:
        base = console.base()
    except RingbankError as error:
        yield Finding(what="database", ok=False, why=str(error))
        return
    yield Finding(what="database", ok=True, why=place_of(base))
    yield from base_encryption(base)


def _zones() -> Finding:
    """See that the zones of numbers are known: without them nobody's hour is."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        for zone in ("Europe/Oslo", "Asia/Taipei", "America/New_York"):
            ZoneInfo(zone)
    except ZoneInfoNotFoundError as error:
        return Finding(
            what="time zones",
            ok=False,
            why=f"{error} is not known",
            remedy="install the package tzdata",
        )
    return Finding(what="time zones", ok=True)


def _trunks(config: "Config") -> Iterator[Finding]:
    if not config.trunks:
        yield Finding(
            what="trunks",
            ok=False,
            why="the configuration names none",
            remedy='add a table like [trunks.main] with channel = "PJSIP/{number}@carrier"',
        )
    for name in config.trunks:
        yield Finding(what=f"trunk {name}", ok=True, why=config.trunks[name].channel)


def _asterisk(config: "Config") -> Iterator[Finding]:
    from dialer.doctor_secure import asterisk_encryption
    from dialer.link import Link

    yield from asterisk_encryption(config)
    what = f"Asterisk at {config.host}:{config.port}"
    try:
        link = Link(config.asterisk())
        link.open()
    except RingbankError as error:
        yield Finding(what=what, ok=False, why=str(error))
        return
    try:
        version = link.ask("CoreSettings").get("AsteriskVersion")
        yield Finding(what=what, ok=True, why=f"version {version}")
        yield from _server(link, config)
    except RingbankError as error:
        yield Finding(what=what, ok=False, why=str(error))
    finally:
        link.close()


def _server(link: "Link", config: "Config") -> Iterator[Finding]:
    """Ask a server what it has, and name everything it lacks."""
    from dialer.asterisk.readiness import lacking_endpoints, lacks
    from dialer.doctor_secure import manager_rights
    from dialer.doctor_speech import speech_finding

    for lack in (*lacks(link), *lacking_endpoints(link, config.trunks.values())):
        yield Finding(what=lack.what, ok=False, why=lack.why, remedy=lack.remedy)
    yield from manager_rights(link, config.username)
    yield from _called_back(link, config)
    tree = link.ask("DBGetTree", ("Family", MARKS))
    if tree.name == "Error" and "ermission" in tree.get("Message"):
        yield Finding(
            what="manager permissions",
            ok=False,
            why="the user may not read what the dialplan notes",
            remedy="include ringbank_manager.conf, or give the user write = call,originate,reporting",
        )
    yield speech_finding(config, link)


def _called_back(link: "Link", config: "Config") -> Iterator[Finding]:
    """Tell where people land who call back: whoever shows a number has to be reached by it."""
    from dialer.asterisk.readiness import contexts

    for trunk, context in contexts(link, config.trunks.values()).items():
        ours = context == "ringbank-incoming"
        elsewhere = f"go to the context {context}; to have Ringbank answer: docs/returned-calls.md"
        yield Finding(
            what=f"calls back on trunk {trunk}",
            ok=True,
            why="Ringbank answers" if ours else elsewhere,
        )
