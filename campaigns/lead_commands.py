"""Commands of ``ringbank leads`` that know of campaigns and calls."""

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from leads.commands import leads_app, record_look
from leads.console import Console
from leads.dnc_commands import entry_facts, everywhere, sentence
from leads.options import Region

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaigns.story import Event
    from leads.consent_rules import Consent
    from leads.lookup import Named
    from leads.store import Lead
    from leads.suppression import Entry

__all__ = ["leads_app"]

_WIDEST = 100
"""Letters in a line of a story: longer ones are hard to read on any screen."""


@leads_app.command("count")
def count_leads(
    ctx: typer.Context,
    where: Annotated[
        str | None,
        typer.Option(metavar="FILTER", help="Only those it means; see docs/segments.md."),
    ] = None,
) -> None:
    """Count the leads, numbers and lists of the base, or the leads that a filter means.

    Example: ringbank leads count --where 'phone starts with "+47" and not suppressed'
    """
    from campaigns import segment
    from leads import store
    from leads.db import reading

    console: Console = ctx.obj
    with reading(console.base()) as connection:
        if where is None:
            console.facts(asdict(store.count(connection)))
            return
        found = segment.count(connection, where, now=console.now())
    console.facts({"where": where, "leads": found})


@leads_app.command("undo")
def undo_import(
    ctx: typer.Context,
    import_id: Annotated[
        int, typer.Argument(metavar="IMPORT", help="Its id, as lists show names it.")
    ],
) -> None:
    """Take an import back, as long as nobody of it has been called.

    Example: ringbank leads undo 1
    """
    from campaigns.undo import undo
    from leads.db import writing

    console: Console = ctx.obj
    with writing(console.base()) as connection:
        undone = undo(connection, import_id, now=console.now())
    console.facts(asdict(undone))


@leads_app.command()
def show(
    ctx: typer.Context,
    number_or_id: Annotated[str, typer.Argument(metavar="NUMBER|ID", help="Whom to show.")],
    region: Region = None,
) -> None:
    """Show everything the base knows of one lead, and all that ever happened to them.

    Of a number that several people share, it lists the people.

    Example: ringbank leads show 1
    """
    from campaigns.story import consents_of, story
    from leads import lookup, store
    from leads.db import reading
    from leads.dnc_commands import entries_of

    console: Console = ctx.obj
    now = console.now()
    with reading(console.base()) as connection:
        ids = lookup.meant(connection, number_or_id, region=console.region_of(region))
        household = lookup.named(connection, ids) if len(ids) > 1 else ()
        lead = store.lead(connection, ids[0])
        assert lead is not None, "looked up in the same snapshot"
        entries = entries_of(
            connection,
            [phone.e164 for phone in lead.phones],
            lead_id=lead.lead_id,
            folder=console.settings().registries,
        )
        given = consents_of(connection, lead.lead_id)
        events = story(connection, lead, entries=entries, given=given, now=now)
    if household and not console.json:
        record_look(console, "show", ids)
        _show_household(console, number_or_id, household)
        return
    record_look(console, "show", [lead.lead_id])
    document = _document(lead, entries, given, now=now)
    if console.json:
        console.document(document | {"history": [event.document() for event in events]})
        return
    console.facts(_for_people(document, lead, entries, given, now=now))
    _tell(console, events)


def _show_household(console: Console, number: str, people: "Sequence[Named]") -> None:
    console.rows(
        ("lead_id", "name", "external_id"),
        [(one.lead_id, one.name, one.external_id) for one in people],
    )
    console.say(
        f"{len(people)} people have {number}; see one with: ringbank leads show {people[0].lead_id}"
    )


def _document(
    lead: "Lead", entries: "Sequence[Entry]", given: "Sequence[Consent]", *, now: datetime
) -> dict[str, object]:
    """Return what is known of a lead, but for what happened to them."""
    from campaigns.story import consent_documents

    return {
        "lead_id": lead.lead_id,
        "external_id": lead.external_id,
        "name": lead.name,
        "phone": lead.phones[0].e164 if lead.phones else None,
        "phones": [asdict(phone) for phone in lead.phones],
        "zones": _zones(lead),
        "country": lead.country,
        "subdivision": lead.subdivision,
        "told_zone": lead.told_zone,
        "told_country": lead.told_country,
        "told_subdivision": lead.told_subdivision,
        "told_at": lead.told_at,
        "language": lead.language,
        "lists": lead.lists,
        "household": lead.household,
        "suppressed": everywhere(entries),
        "suppressions": [entry_facts(entry) for entry in entries],
        "consents": consent_documents(given, now=now),
        "created_at": lead.created_at,
        "attributes": lead.attributes,
    }


def _zones(lead: "Lead") -> list[str]:
    """Return every zone in which the person may be, whichever of their numbers is called."""
    from campaigns.rules.placing import Whereabouts, possible_zones
    from leads.model import number_id

    found = {
        zone
        for phone in lead.phones
        for zone in possible_zones(
            Whereabouts(
                number=number_id(phone.e164),
                region=phone.region,
                number_zones=phone.zones,
                zone=lead.zone,
                country=lead.country,
                subdivision=lead.subdivision,
                told_zone=lead.told_zone,
                told_country=lead.told_country,
                told_subdivision=lead.told_subdivision,
            )
        )
    }
    return sorted(found)


def _for_people(
    document: dict[str, object],
    lead: "Lead",
    entries: "Sequence[Entry]",
    given: "Sequence[Consent]",
    *,
    now: datetime,
) -> dict[str, object]:
    """Return a document as a terminal shows it: a line for each thing."""
    from leads.consent_rules import state_of

    facts = document | {
        "phones": [f"{phone.e164} ({phone.kind})" for phone in lead.phones],
        "suppressions": [sentence(entry) for entry in entries],
        "consents": [
            f"{one.kind} {state_of(one, given, now=now).replace('_', ' ')} "
            f"(given {one.given_at:%Y-%m-%d}, {one.source})"
            for one in given
        ],
    }
    del facts["attributes"]
    return facts | {f"attr_{key}": value for key, value in lead.attributes.items()}


def _tell(console: Console, events: "Sequence[Event]") -> None:
    from shutil import get_terminal_size

    from campaigns.story_text import story_lines

    console.line("")
    for line in story_lines(events, width=min(get_terminal_size().columns, _WIDEST)):
        console.line(line)
