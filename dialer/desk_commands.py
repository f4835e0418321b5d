"""``ringbank next``, ``dial``, ``skip``, ``result``, ``release``: an agent's talk by steps."""

import time
from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Annotated, Any

import typer

from leads.console import Console

LeaseName = Annotated[str, typer.Argument(help="The lease that `next` named.")]
Place = Annotated[
    list[str] | None,
    typer.Option(
        "--place",
        metavar="PLACE",
        help="Where they say they are: Europe/Oslo, NO or US-FL; repeat it.",
    ),
]

_LOOK_EVERY_S = 0.1


def next_(
    ctx: typer.Context,
    campaign: Annotated[str, typer.Option("--campaign", help="For which campaign.")],
    agent: Annotated[str, typer.Option("--agent", help="Who asks.")],
    wait: Annotated[float, typer.Option("--wait", help="Seconds to wait for somebody.")] = 0.0,
) -> None:
    """Show the person on the agent's line, or, in manual mode, the next one to dial.

    Asked again before the result is given, it shows the same person.

    Example: ringbank next --campaign tariff-switch --agent anna --wait 30
    """
    from dialer.desk import Desk

    console: Console = ctx.obj
    desk = Desk(console)
    deadline = time.monotonic() + wait
    document = desk.next(campaign, agent)
    while document["lease"] is None and time.monotonic() < deadline:
        time.sleep(_LOOK_EVERY_S)
        document = desk.next(campaign, agent)
    if console.json:
        console.document(document)
    else:
        _show(console, document, campaign)


def result(
    ctx: typer.Context,
    lease: LeaseName,
    disposition: Annotated[str, typer.Option("--disposition", help="What came of the talk.")],
    reason: Annotated[str | None, typer.Option("--reason", help="Why they refused.")] = None,
    answer: Annotated[
        list[str] | None,
        typer.Option("--answer", metavar="KEY=VALUE", help="What they answered; repeat it."),
    ] = None,
    detail: Annotated[
        str | None,
        typer.Option("--detail", help="What the reason asks for; a date like 2027-03-01."),
    ] = None,
    callback: Annotated[
        str | None,
        typer.Option("--callback", help="When; without an offset: the person's own time."),
    ] = None,
    callback_by: Annotated[
        str | None,
        typer.Option("--callback-by", metavar="me|any", help="Who calls then: you, or anybody."),
    ] = None,
    note: Annotated[str | None, typer.Option("--note", help="In your own words.")] = None,
    consent: Annotated[
        list[str] | None,
        typer.Option(
            "--consent",
            metavar="KIND[=WORDING]",
            help="What they agreed to, such as phone_marketing; repeat it.",
        ),
    ] = None,
    place: Place = None,
) -> None:
    """Record what came of a talk; a call that still runs is ended.

    Example: ringbank result 1f0c9a7be2d4 --disposition refusal --reason too_expensive
    """
    from campaigns.results import Words
    from dialer.desk import Desk

    console: Console = ctx.obj
    words = Words(
        disposition=disposition,
        reason=reason,
        detail=detail,
        callback=callback,
        callback_by=callback_by,
        note=note,
        answers=tuple(answer or ()),
        consents=tuple(consent or ()),
        places=tuple(place or ()),
    )
    console.facts(Desk(console).give(lease, words))


def release(ctx: typer.Context, lease: LeaseName) -> None:
    """Let go of a person who was not called; somebody else may get them.

    Example: ringbank release 1f0c9a7be2d4
    """
    from dialer.desk import Desk

    console: Console = ctx.obj
    Desk(console).release(lease)
    console.facts({"lease": lease, "released": True})


def dial(
    ctx: typer.Context,
    lease: LeaseName,
    wait: Annotated[float, typer.Option("--wait", help="Seconds to wait for an answer.")] = 0.0,
) -> None:
    """Have the person called; once they answer they are on the agent's line (mode preview).

    Whoever may not be called any more is put back, and nothing is dialled.

    Example: ringbank dial 1f0c9a7be2d4 --wait 30
    """
    from dialer.desk import Desk

    console: Console = ctx.obj
    console.facts(Desk(console).dial(lease, wait_s=wait))


def skip(
    ctx: typer.Context,
    lease: LeaseName,
    reason: Annotated[
        str, typer.Option("--reason", help="know_person, language, too_late, wrong_data, other.")
    ],
    note: Annotated[str | None, typer.Option("--note", help="In your own words.")] = None,
) -> None:
    """Let go of a person you do not want to call; others may get them, you do not today.

    Example: ringbank skip 1f0c9a7be2d4 --reason know_person
    """
    from dialer.desk import Desk

    console: Console = ctx.obj
    console.facts(Desk(console).skip(lease, reason, note=note))


def _show_nobody(console: Console, document: dict[str, object], campaign: str) -> None:
    console.line("nobody to give at the moment")
    why = document["why"]
    assert isinstance(why, list)
    for reason in why:
        if reason["count"] is None:
            console.line(
                f"  the campaign does not run; start it with: ringbank campaigns start {campaign}"
            )
            continue
        at = reason["next_at"]
        until = f", next at {at.astimezone():%Y-%m-%d %H:%M}" if at else ""
        console.line(f"  {reason['count']:>5}  {reason['gate']}{until}")


def _show(console: Console, document: dict[str, object], campaign: str) -> None:
    if document["lease"] is None:
        _show_nobody(console, document, campaign)
        return
    lead = document["lead"]
    assert isinstance(lead, dict)
    console.facts(
        {
            "lease": document["lease"],
            "person": lead["name"] or "(no name)",
            "phone": document["phone"] or document["phone_masked"],
            "local time": document["local_time"] or "not known",
            **lead["attributes"],
        }
    )
    _show_talk(console, document)


def _show_talk(console: Console, document: dict[str, object]) -> None:
    """Print what was said before, what to say and ask, and how to give the result."""
    history, questions = document["history"], document["questions"]
    dispositions = document["dispositions"]
    assert isinstance(history, list)
    assert isinstance(questions, list)
    assert isinstance(dispositions, list)
    if history:
        console.line("\nCalled before:")
    for past in history:
        said = [past["disposition"] or past["outcome"], past["refusal_reason"]]
        said += [past["refusal_detail"], past["note"]]
        console.line(f"  {past['at'].astimezone():%Y-%m-%d %H:%M}  {', '.join(filter(None, said))}")
    if isinstance(document["script"], str):
        console.line(f"\n{document['script'].strip()}")
    for question in questions:
        choices = f" ({', '.join(question['choices'])})" if question["choices"] else ""
        console.line(f"\n{question['text']}\n  --answer {question['key']}=...{choices}")
    _show_reasons(console, dispositions)
    if document["mode"] == "preview" and not document["called"]:
        console.line(f"\nCall: ringbank dial {document['lease']}")
        console.line(f"  or: ringbank skip {document['lease']} --reason CODE")
    codes = ", ".join(disposition["code"] for disposition in dispositions)
    console.line(f"\nThen: ringbank result {document['lease']} --disposition CODE")
    console.line(fill(codes, 78, initial_indent="  CODE: ", subsequent_indent=" " * 8))


def _show_reasons(console: Console, dispositions: Sequence[Mapping[str, Any]]) -> None:
    """Print the reasons for a refusal by their groups, once, with what they need."""
    groups: dict[str, list[str]] = {}
    for reason in next((one["reasons"] for one in dispositions if "reasons" in one), []):
        needs = f" ({reason['needs']})" if reason["needs"] else ""
        groups.setdefault(reason["group"], []).append(f"{reason['code']}{needs}")
    if groups:
        console.line("\nRefused: --reason CODE, and where it needs something --detail")
    for group, codes in groups.items():
        told = ", ".join(codes)
        console.line(fill(told, 78, initial_indent=f"  {group}: ", subsequent_indent="    "))
