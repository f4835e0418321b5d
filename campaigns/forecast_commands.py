"""``ringbank campaigns forecast`` and ``unplaced``: what is to come, and whom to ask first."""

from typing import Annotated

import typer

from campaigns.commands import campaigns_app
from leads.commands import record_look
from leads.console import Console

_MOST_DAYS = 31

Name = Annotated[str, typer.Argument(help="The campaign.")]


@campaigns_app.command()
def forecast(
    ctx: typer.Context,
    name: Name,
    days: Annotated[
        int, typer.Option(min=1, max=_MOST_DAYS, help="How many, from this hour on.")
    ] = 7,
) -> None:
    """Tell how many people can be called in each coming hour, and why the others cannot.

    Each person counts in every hour in which a call to them could begin, as they stand now.

    Example: ringbank campaigns forecast tariff-switch --days 3
    """
    from campaigns import forecasting, store
    from campaigns.forecast import HOUR
    from campaigns.forecast_text import day_lines
    from campaigns.model import CampaignState
    from campaigns.rules_in_force import laws_of
    from leads.db import reading

    console: Console = ctx.obj
    laws = laws_of(console)
    now = console.now()
    with reading(console.base()) as connection:
        stored = store.load(connection, name)
        told = forecasting.of_campaign(connection, stored, laws, now=now, days=days)
    found, never = told.forecast, forecasting.reasons(told.forecast)
    if stored.state is not CampaignState.RUNNING:
        console.say(
            f"{name} is {stored.state} and is counted as if it ran; "
            f"start it with: ringbank campaigns start {name}"
        )
    if console.json:
        console.document(
            {
                "campaign": name,
                "state": stored.state,
                "from": found.begin,
                "until": found.end,
                "people": found.people,
                "callable": found.callable,
                "hours": [
                    {"at": found.begin + number * HOUR, "people": people}
                    for number, people in enumerate(found.hours)
                ],
                "never": never,
                "not_known": told.not_known,
            }
        )
        return
    for line in day_lines(found, None):
        console.line(line)
    console.line("")
    console.line(f"{found.people:>11,} people, as they stand now")
    console.line(f"{found.callable:>11,} can be called at some hour of these days")
    for reason in never:
        gate = ", ".join(filter(None, [str(reason["gate"]), str(reason["rule"] or "")]))
        _wrapped(console, f"{reason['people']:>11,} ", f"cannot ({gate}): {reason['why']}")
    for sentence in told.not_known:
        console.say(f"not known before a call: {sentence}")


def _wrapped(console: Console, head: str, text: str) -> None:
    from shutil import get_terminal_size
    from textwrap import wrap

    width = max(get_terminal_size().columns - len(head), 20)
    for number, line in enumerate(wrap(text, width, break_long_words=False)):
        console.line(f"{' ' * len(head) if number else head}{line}")


@campaigns_app.command()
def unplaced(ctx: typer.Context, name: Name) -> None:
    """List the people who are not called because their time zone or country is not known.

    Ask them, and write down what they say.

    Example: ringbank campaigns unplaced tariff-switch
    """
    from campaigns import store
    from campaigns import unplaced as people
    from campaigns.rules_in_force import laws_of
    from leads.db import reading

    console: Console = ctx.obj
    laws = laws_of(console)
    with reading(console.base()) as connection:
        stored = store.load(connection, name)
        found = [*people.unplaced(connection, stored, laws, now=console.now())]
    record_look(console, "unplaced", [one.lead_id for one in found], campaign=name)
    if console.json:
        console.document([people.document(one) for one in found])
        return
    console.rows(
        ("lead_id", "external_id", "name", "phone", "list", "missing"),
        [
            (one.lead_id, one.external_id, one.name, one.phone, one.list_name, one.missing)
            for one in found
        ],
    )
    if found:
        console.say(f"ask them, and write down what they say: {found[0].remedy}")
    else:
        console.say(f"it is known of everybody in {name} where they may be")
