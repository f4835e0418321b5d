"""``ringbank explain``: which rule allows or forbids a call, for one number or a file of them."""

from typing import TYPE_CHECKING, Annotated

import typer

from leads.console import Console
from leads.errors import UsageError

if TYPE_CHECKING:
    from campaigns.explain import Answer
    from campaigns.explain_batch import Unread
    from campaigns.law import Laws

NOT_CALLABLE = 3


def explain(
    ctx: typer.Context,
    campaign: Annotated[str, typer.Option("--campaign", help="For which campaign.")],
    number: Annotated[
        str | None, typer.Argument(help="As written, or E.164; none with --batch.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", help="At which moment; without an offset: the person's own time."),
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option(
            "--batch",
            metavar="FILE",
            help="A CSV file with the columns number and at, and address_zone, country and "
            "subdivision where given; - for standard input.",
        ),
    ] = None,
) -> None:
    """Tell which rule allows or forbids a call to a number at a moment.

    Leaves with 0 when the call is allowed and with 3 when it is not. With --batch every row of
    a file is answered on a line of its own, with --json as an object; it leaves with 4 when a
    row cannot be read.

    Example: ringbank explain +4721000001 --campaign tariff-switch --at 2026-12-01T18:30
    """
    from campaigns.rules_in_force import laws_of

    console: Console = ctx.obj
    if (number is None) == (batch is None):
        raise UsageError("give a number or --batch FILE, one of the two")
    if batch is not None and at is not None:
        raise UsageError("--at is for one number; with --batch each row has its own")
    laws = laws_of(console)
    if batch is not None:
        _explain_file(console, batch, campaign, laws)
    elif number is not None and not _explain_one(console, number, campaign, at, laws):
        raise typer.Exit(NOT_CALLABLE)


def _explain_one(
    console: Console, number: str, campaign: str, at: str | None, laws: "Laws"
) -> bool:
    """Tell of one number; return whether it may be called."""
    from campaigns.explain import explain_number
    from campaigns.explain_text import explained
    from campaigns.gates import explain_document
    from leads.db import reading

    with reading(console.base()) as connection:
        decision, facts = explain_number(
            connection,
            number,
            campaign,
            at=at,
            now=console.now(),
            region=console.region(),
            registries=console.settings().registries,
            laws=laws,
        )
    if console.json:
        console.document(explain_document(decision, facts))
    else:
        for line in explained(decision, facts):
            console.line(line)
    return decision.callable


def _explain_file(console: Console, source: str, campaign: str, laws: "Laws") -> None:
    """Tell of every row of a file, a line for each."""
    from campaigns.explain import Explainer
    from campaigns.explain_batch import Unread, answers, read_columns
    from leads.db import reading
    from leads.files import open_leads

    region, registries = console.region(), console.settings().registries
    unread = 0
    with (
        open_leads(source, encoding=None, delimiter=None, region=region) as file,
        reading(console.base()) as connection,
    ):
        columns, others = read_columns(file)
        if others:
            console.say(f"not looked at in {source}: {', '.join(others)}")
        explainer = Explainer(connection, campaign, laws, registries=registries)
        for answer in answers(explainer, file, columns, region=region):
            unread += isinstance(answer, Unread)
            _tell(console, answer)
    if unread:
        console.problems = True
        console.say(f"{unread} {'row' if unread == 1 else 'rows'} could not be read")


def _tell(console: Console, answer: "Answer | Unread") -> None:
    from campaigns.explain_batch import Unread
    from campaigns.explain_text import in_short
    from campaigns.gates import explain_document

    if isinstance(answer, Unread):
        if console.json:
            console.document({"line": answer.line, "error": answer.error})
        else:
            console.line(f"line {answer.line}: {answer.error}")
    elif console.json:
        console.document(explain_document(*answer))
    else:
        console.line(in_short(*answer))
