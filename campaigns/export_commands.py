"""``ringbank export``: attempts, leads, answers, orders, refusals, suppressions, and a file for VAN."""

from typing import TYPE_CHECKING, Annotated

import typer

from leads.console import Console
from leads.errors import UsageError

if TYPE_CHECKING:
    from array import array
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from campaigns.exports.export import Exported, Recorder

export_app = typer.Typer(
    no_args_is_help=True, help="Write attempts, leads and what was said to a file."
)

Output = Annotated[
    str,
    typer.Option("--output", help="FILE.csv, FILE.parquet, FILE.xlsx, or - for CSV on stdout."),
]
OneCampaign = Annotated[str | None, typer.Option("--campaign", help="Only this one.")]
Where = Annotated[
    str | None, typer.Option("--where", help="Only of leads for which this condition holds.")
]


@export_app.command(name="attempts")
def export_attempts(
    ctx: typer.Context, output: Output, campaign: OneCampaign = None, where: Where = None
) -> None:
    """Write every attempt with how it ended, one row each.

    Example: ringbank export attempts --output attempts.csv
    """
    _export(ctx, "attempts", output, campaign, where)


@export_app.command(name="leads")
def export_leads(
    ctx: typer.Context, output: Output, campaign: OneCampaign = None, where: Where = None
) -> None:
    """Write every lead with where it stands, one row each; erased people are left out.

    Example: ringbank export leads --campaign tariff-switch --output -
    """
    _export(ctx, "leads", output, campaign, where)


@export_app.command(name="answers")
def export_answers(
    ctx: typer.Context, output: Output, campaign: OneCampaign = None, where: Where = None
) -> None:
    """Write every answer to a question, one row each.

    Example: ringbank export answers --campaign tariff-switch --output answers.parquet
    """
    _export(ctx, "answers", output, campaign, where)


@export_app.command(name="orders")
def export_orders(
    ctx: typer.Context, output: Output, campaign: OneCampaign = None, where: Where = None
) -> None:
    """Write every order with its state, one row each; a column for each field of the forms.

    Example: ringbank export orders --campaign tariff-switch --output orders.xlsx
    """
    _export(ctx, "orders", output, campaign, where)


@export_app.command(name="refusals")
def export_refusals(
    ctx: typer.Context, output: Output, campaign: OneCampaign = None, where: Where = None
) -> None:
    """Write every refusal with its reason, one row each.

    Example: ringbank export refusals --output refusals.xlsx
    """
    _export(ctx, "refusals", output, campaign, where)


@export_app.command(name="suppression")
def export_suppression(
    ctx: typer.Context, output: Output, campaign: OneCampaign = None, where: Where = None
) -> None:
    """Write every wish not to be called, those taken back too; with a campaign those it obeys.

    Example: ringbank export suppression --output suppression.csv
    """
    _export(ctx, "suppression", output, campaign, where)


@export_app.command(name="van")
def export_van(
    ctx: typer.Context,
    campaign: Annotated[str, typer.Option("--campaign", help="Whose results.")],
    output: Annotated[str, typer.Option("--output", help="FILE.csv, or - for stdout.")],
    mapped: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="CODE=RESULT",
            help="VAN's word for a disposition or an outcome; may be given more than once.",
        ),
    ] = None,
) -> None:
    """Write a bulk file for VAN: everybody's last attempt, by their external id as VANID.

    Example: ringbank export van --campaign tariff-switch --output van.csv --map success=Canvassed
    """
    from campaigns.exports.export import export_van as write

    console = _console(ctx, output)
    exported, left_out = write(
        console.base(),
        output=output,
        campaign=campaign,
        mapped=mapped or [],
        recorded=_recorded(console),
    )
    _tell(console, "van", output, exported)
    if left_out.without_vanid:
        console.say(f"left out {left_out.without_vanid} people who have no external id")
    if left_out.hidden:
        console.say(f"left out {left_out.hidden} whose last attempt never reached a telephone")


def _export(
    ctx: typer.Context, what: str, output: str, campaign: str | None, where: str | None
) -> None:
    from campaigns.exports.export import export

    console = _console(ctx, output)
    exported = export(
        console.base(),
        what,
        output=output,
        now=console.now(),
        campaign=campaign,
        where=where,
        recorded=_recorded(console),
    )
    _tell(console, what, output, exported)


def _console(ctx: typer.Context, output: str) -> Console:
    console: Console = ctx.obj
    if console.json and output == "-":
        raise UsageError("--json and --output - both want stdout; name a file with --output")
    return console


def _recorded(console: Console) -> "Recorder":
    """Return who writes down whose data were seen."""
    from leads import access

    def record(
        connection: "Connection", lead_ids: "array[int]", detail: "Mapping[str, object]"
    ) -> None:
        access.record(
            connection,
            who=console.user(),
            action="export",
            lead_ids=lead_ids,
            detail=detail,
            now=console.now(),
        )

    return record


def _tell(console: Console, what: str, output: str, exported: "Exported") -> None:
    if output == "-":
        return
    if console.json:
        console.document(
            {
                "what": what,
                "rows": exported.rows,
                "output": output,
                "sha256": exported.sha256,
            }
        )
    else:
        rows = "rows for VAN" if what == "van" else what
        console.say(f"wrote {exported.rows} {rows} to {output}")
