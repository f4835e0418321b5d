"""``ringbank next``, ``dial``, ``skip``, ``result``, ``release``: an agent's talk by steps."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import fill
from typing import Annotated, Any

import typer

from dialer.offered_text import (
    WIDTH,
    disposition_lines,
    draft_lines,
    question_lines,
    reason_lines,
)
from leads.console import Console
from leads.errors import UsageError
from leads.moments import here
from leads.names import printable

LeaseName = Annotated[str, typer.Argument(help="The lease that `next` named.")]
Place = Annotated[
    list[str] | None,
    typer.Option(
        "--place",
        metavar="PLACE",
        help="Where they say they are: Europe/Oslo, NO or US-FL; repeat it.",
    ),
]


def next_(
    ctx: typer.Context,
    campaign: Annotated[str, typer.Option("--campaign", help="For which campaign.")],
    agent: Annotated[
        str | None, typer.Option("--agent", help="Who asks; with a token you need not say it.")
    ] = None,
    wait: Annotated[float, typer.Option("--wait", help="Seconds to wait for somebody.")] = 0.0,
) -> None:
    """Show the person on the agent's line, or, in manual mode, the next one to dial.

    Asked again before the result is given, it shows the same person.

    Example: ringbank next --campaign tariff-switch --agent anna --wait 30
    """
    from dialer.acting import agent_named
    from dialer.desk import Desk

    console: Console = ctx.obj
    desk = Desk(console)
    agent = agent_named(console, agent)
    document = desk.next(campaign, agent, wait_s=wait)
    if console.json:
        console.document(document)
    else:
        _show(console, document, campaign)


def result(
    ctx: typer.Context,
    lease: LeaseName,
    disposition: Annotated[
        str, typer.Option("--disposition", metavar="CODE", help="What came of the talk.")
    ] = "",
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
    order: Annotated[
        list[str] | None,
        typer.Option("--order", metavar="KEY=VALUE", help="A field of the order; repeat it."),
    ] = None,
    place: Place = None,
    order_file: Annotated[
        Path | None,
        typer.Option("--order-file", metavar="FILE.json", help="The same as a JSON object."),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option("--language", metavar="CODE", help="What they speak: two letters, like pl."),
    ] = None,
    sure: Annotated[
        bool, typer.Option("--sure", help="You were asked a second time, and it is so.")
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take your result back, within ten minutes.")
    ] = False,
    correct: Annotated[
        bool, typer.Option("--correct", help="Give another result in the place of the first.")
    ] = False,
    agent: Annotated[
        str | None, typer.Option("--agent", help="Who gives it; nobody else's lease is taken then.")
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="SUPERVISOR", help="Who corrects it.")
    ] = None,
    why: Annotated[
        str | None, typer.Option("--why", help="Why it is corrected; a correction needs it.")
    ] = None,
) -> None:
    """Record what came of a talk; a call that still runs is ended.

    An agent takes their result back with --undo and gives it anew; later a supervisor gives
    another one with --correct --by NAME --why TEXT. What stood before is kept.

    Example: ringbank result 1f0c9a7be2d4 --disposition refusal --reason too_expensive
    """
    from campaigns.result_words import Words
    from dialer.desk import Desk

    console: Console = ctx.obj
    if undo and (correct or disposition):
        raise UsageError("--undo takes the result back and gives none; leave the others out")
    if not correct and (by is not None or why is not None):
        raise UsageError("--by and --why belong to a correction; add --correct, or leave them out")
    if undo:
        console.facts(Desk(console).undo(lease, agent=agent))
        return
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
        language=language,
        sure=sure,
        order=(*_read_order_file(order_file), *(order or ())),
    )
    desk = Desk(console)
    if correct:
        console.facts(desk.correct(lease, words, by=by, why=why))
    else:
        console.facts(desk.give(lease, words, agent=agent))


def _read_order_file(file: Path | None) -> tuple[str, ...]:
    """Return what a file says of an order, as words like those of --order.

    Raises:
        UsageError: it cannot be read, or is not what it should be.
    """
    from campaigns.orders.form import words_of_file
    from leads.problems import Problem

    if file is None:
        return ()
    try:
        words = words_of_file(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(
            f"the order file {file} cannot be read ({error.strerror}); check the path"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"the order file {file} is not UTF-8; save it as UTF-8") from error
    if isinstance(words, Problem):
        raise UsageError(f"{file} is no usable order: {words}")
    return words


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
        until = f", next at {here(at)}" if at else ""
        console.line(f"  {reason['count']:>5}  {reason['gate']}{until}")


def _show(console: Console, document: dict[str, object], campaign: str) -> None:
    if document["lease"] is None:
        _show_nobody(console, document, campaign)
        return
    lead = document["lead"]
    assert isinstance(lead, dict)
    if document["practice"]:
        _show_character(console, document["character"])
    console.facts(
        {
            "lease": document["lease"],
            "campaign": document["campaign"],
            "person": lead["name"] or "(no name)",
            "phone": document["phone"] or document["phone_masked"],
            "local time": document["local_time"] or "not known",
            **({"speaks": lead["language"]} if lead["language"] else {}),
            **lead["attributes"],
        }
    )
    _show_talk(console, document)


def _show_character(console: Console, character: object) -> None:
    """Print that nobody is called, and how whoever plays the demo person behaves."""
    assert isinstance(character, dict)
    told = f"Practice: nobody is called. {character['how']}"
    console.line(fill(told, 78))
    for line in character["says"]:
        console.line(fill(f"- {line}", 78, initial_indent="  ", subsequent_indent="    "))
    console.line("")


def _show_talk(console: Console, document: dict[str, object]) -> None:
    """Print what was said before, what to say and ask, and how to give the result."""
    from campaigns.scripts.commands import lines_of

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
        console.line(f"  {here(past['at'])}  {printable(', '.join(filter(None, said)))}")
    console.line("")
    for line in lines_of(document):
        behind = " " * (len(line) - len(line.lstrip()) + 2)
        console.line(fill(line, WIDTH, subsequent_indent=behind) if len(line) > WIDTH else line)
    draft = document["draft"]
    assert draft is None or isinstance(draft, dict)
    for line in (*question_lines(questions), *reason_lines(dispositions)):
        console.line(line)
    _show_order(console, document)
    if document["mode"] == "preview" and not document["called"]:
        console.line(f"\nCall: ringbank dial {document['lease']}")
        console.line(f"  or: ringbank skip {document['lease']} --reason CODE")
    console.line(f"\nThen: ringbank result {document['lease']} --disposition CODE")
    for line in (*disposition_lines(dispositions), *draft_lines(draft)):
        console.line(line)


def _needed(field: Mapping[str, Any]) -> str:
    """Return when a field of the order has to be filled in, or may be."""
    told = (
        "required" if field["required"] else "",
        f"required if {field['required_if']}" if field["required_if"] else "",
        f"only if {field['only_if']}" if field["only_if"] else "",
    )
    found = ", ".join(filter(None, told))
    return f" ({found})" if found else ""


def _show_order(console: Console, document: Mapping[str, Any]) -> None:
    """Print the fields of the order, and which result takes one; before it what is open."""
    for task in document["tasks"]:
        due = f", due {here(task['due_at'])}" if task["due_at"] else ""
        console.line(
            f"\nOpen: {task['class']} ({task['priority']}{due}): {printable(task['text'])}"
        )
    if document["order"] is None:
        return
    takers = [one["code"] for one in document["dispositions"] if one["form"]]
    console.line(f"\nOrder, with --disposition {' or '.join(takers)}:")
    for field in document["order"]["fields"]:
        needed = _needed(field)
        choices = f" ({', '.join(field['choices'])})" if field["choices"] else ""
        told = f': say "{field["text"]}"' if field["text"] else ""
        line = f"--order {field['key']}={field['example']}  {field['label']}{told}{needed}{choices}"
        console.line(fill(
            line, WIDTH, initial_indent="  ", subsequent_indent="      ",
            break_long_words=False, break_on_hyphens=False,
        ))  # fmt: skip
