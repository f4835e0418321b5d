"""``ringbank audit``: the past calls of a campaign, judged by the rules kept with them."""

from datetime import date
from typing import Annotated

import typer

from leads.console import Console
from leads.errors import UsageError
from leads.options import day_of


def audit(
    ctx: typer.Context,
    campaign: Annotated[str, typer.Argument(help="Whose calls.")],
    first: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="The first day, in UTC.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="DAY", help="The last day, itself included.")
    ] = None,
) -> None:
    """Judge every past call by the rules kept with it; tell those that they would not allow.

    It tells the shares of abandoned calls too, by the definition of each jurisdiction that the
    campaign called. Leaves with 0 when all calls were allowed and with 4 when some were not;
    calls whose rules are not known are told and not counted as wrong.

    Example: ringbank audit tariff-switch --from 2026-12-01 --to 2026-12-31
    """
    from campaigns import audit_text, store
    from campaigns.audit import audit as judge
    from leads.db import reading

    console: Console = ctx.obj
    days = (_day(first, "--from"), _day(last, "--to"))
    if days[0] and days[1] and days[1] < days[0]:
        raise UsageError(f"--to {last} is before --from {first}; give the later day to --to")
    with reading(console.base()) as connection, console.progress() as bar:
        task = bar.add_task("Judging", total=1)
        found = judge(
            connection,
            store.load(connection, campaign),
            first=days[0],
            last=days[1],
            progress=lambda share: bar.update(task, completed=share),
        )
    console.problems = bool(found.not_allowed)
    if console.json:
        head = {"campaign": campaign, "from": days[0], "to": days[1]}
        console.document(head | audit_text.document(found))
        return
    for line in audit_text.lines(found):
        console.line(line)
    for line in audit_text.summary(found):
        console.say(line)


def _day(text: str | None, option: str) -> date | None:
    return None if text is None else day_of(text, option=option)
