"""``ringbank reconcile``: what agents report, and what the ledger says, held against records."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leads.console import Console
from leads.errors import UsageError
from leads.options import day_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from campaigns.reconciling import Choice
    from campaigns.truth_values import Claim
    from dialer.ledger_check import Compared

_SHOWN = 20
"""So many doubts of a kind are told one by one: a file of the wrong week has thousands."""


def reconcile(
    ctx: typer.Context,
    campaign: Annotated[
        str | None, typer.Option("--campaign", help="Only the results of this one.")
    ] = None,
    agent: Annotated[str | None, typer.Option("--agent", help="Only those of this agent.")] = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="The first day, in UTC.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="DAY", help="The last day, itself included.")
    ] = None,
    records: Annotated[
        Path | None,
        typer.Option("--records", help="Call records to hold the ledger against: Master.csv."),
    ] = None,
    claimed: Annotated[
        int | None,
        typer.Option("--claimed", min=0, help="How many results the agent says they had."),
    ] = None,
    on: Annotated[
        str | None, typer.Option("--on", metavar="DAY", help="The day of --claimed, in UTC.")
    ] = None,
) -> None:
    """Hold what agents reported against the records of their calls, and tell what does not fit.

    A result is ok, to be explained, or suspect; results of calls dialled by hand rest on the
    agent's word and are counted by themselves. With --records the ledger, too, is held against
    a file of call records of the carrier or of Asterisk, at any time, whether an engine runs or
    not; what cannot be told, such as of calls that are on, is ambiguous and no difference. With
    --claimed, --agent and --on it tells how many results of that day are recorded. Nothing is
    written. Leaves with 0, or with 4 when something is suspect or does not agree; what is only
    ambiguous is told and leaves with 0.

    Example: ringbank reconcile --campaign tariff-switch --from 2026-12-01 --to 2026-12-31
    """
    from campaigns import truth_text
    from campaigns.reconciling import reconcile as hold
    from dialer import ledger_check
    from leads.db import reading

    console: Console = ctx.obj
    choice = _choice(campaign, agent, first, last)
    day = _claimed_on(claimed, agent, on)
    now = console.now()  # before anything is read: what comes later is newer than the ledger
    with reading(console.base()) as connection:
        _demand_known(connection, campaign, agent)
        claim = _claim(connection, agent, day, claimed)
        found = hold(connection, choice)
        compared = None
        if records is not None:
            compared = ledger_check.compare(
                connection,
                records,
                campaign=campaign,
                region=console.region(),
                first=choice.first,
                last=choice.last,
                now=now,
            )
    odd = claim is not None and claim.difference != 0
    console.problems = found.suspect or odd or (compared is not None and not compared.agree)
    if console.json:
        console.document(
            {"campaign": campaign, "agent": agent, "from": choice.first, "to": choice.last}
            | truth_text.document(found)
            | {"claim": None if claim is None else truth_text.claim_document(claim)}
            | {"ledger": None if compared is None else ledger_check.document(compared)}
        )
        return
    if claim is not None:
        for line in truth_text.claim_lines(claim):
            console.line(line)
    for line in truth_text.lines(found):
        console.line(line)
    if compared is not None:
        _show_compared(console, compared)
    for line in truth_text.summary(found):
        console.say(line)


def _choice(
    campaign: str | None, agent: str | None, first: str | None, last: str | None
) -> "Choice":
    from campaigns.reconciling import Choice

    begins = None if first is None else day_of(first, option="--from")
    ends = None if last is None else day_of(last, option="--to")
    if begins and ends and ends < begins:
        raise UsageError(f"--to {last} is before --from {first}; give the later day to --to")
    return Choice(campaign=campaign, agent=agent, first=begins, last=ends)


def _claimed_on(claimed: int | None, agent: str | None, on: str | None) -> date | None:
    if claimed is None:
        if on is not None:
            raise UsageError("--on is the day of a claim; add --claimed with how many results")
        return None
    if agent is None or on is None:
        raise UsageError("--claimed needs whose and of which day; add --agent NAME --on DAY")
    return day_of(on, option="--on")


def _claim(
    connection: "Connection", agent: str | None, day: date | None, claimed: int | None
) -> "Claim | None":
    from campaigns.reconciling import compare_claim

    if agent is None or day is None or claimed is None:
        return None
    return compare_claim(connection, agent=agent, on=day, claimed=claimed)


def _demand_known(connection: "Connection", campaign: str | None, agent: str | None) -> None:
    """Refuse names that nobody has; an agent who has left is known all the same."""
    from sqlalchemy import select

    from campaigns import store
    from campaigns.tables import agents
    from leads.names import did_you_mean

    if campaign is not None:
        store.load(connection, campaign)
    if agent is not None:
        known = connection.scalars(select(agents.c.name)).all()
        if agent not in known:
            hint = did_you_mean(agent, known, see="agents list")
            raise UsageError(f"there is no agent {agent!r}; {hint}")


def _show_compared(console: Console, compared: "Compared") -> None:
    for problem in compared.unreadable:
        console.line(f"call records: {problem}")
    for one in compared.differences:
        console.line(f"{_of(one.number)}{one.what}")
    for kind, many in sorted(compared.by_kind.items()):
        of_kind = [one for one in compared.doubts if one.kind is kind]
        for doubt in of_kind[:_SHOWN]:
            console.line(f"ambiguous ({kind}): {_of(doubt.number)}{doubt.what}")
        if many > _SHOWN:
            console.line(f"ambiguous ({kind}): {many - _SHOWN} more; --json has them all")
    said = "do not agree"
    if compared.agree:
        said = "do not contradict each other" if compared.doubts else "agree"
    console.say(
        f"the ledger's {compared.attempts} attempts and {compared.calls} call records {said}; "
        f"{len(compared.doubts)} things are ambiguous; {compared.others} records are of numbers "
        "that nobody here has"
    )


def _of(number: str | None) -> str:
    return "" if number is None else f"{number}: "
