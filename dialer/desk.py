"""``ringbank next``, ``result`` and ``release``: an agent's talk, one command a step."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from textwrap import fill
from typing import Annotated, Any

import typer

from dialer.commands import NoEngineError, engine_time, live_engine, wait_for_answer
from leads.console import Console
from leads.errors import NotAllowedError
from leads.moments import on_clocks, read_moment

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
_ENGINE_ANSWERS_WITHIN = timedelta(seconds=5)


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
    console: Console = ctx.obj
    deadline = time.monotonic() + wait
    document = _next(console, campaign, agent)
    while document["lease"] is None and time.monotonic() < deadline:
        time.sleep(_LOOK_EVERY_S)
        document = _next(console, campaign, agent)
    if console.json:
        console.document(document)
    else:
        _show(console, document, campaign)


def _next(console: Console, campaign: str, agent: str) -> dict[str, object]:
    """Return what there is to show: the person, or why there is none."""
    from campaigns import desk, store
    from campaigns.rules_in_force import laws_of
    from dialer import floor
    from leads import access
    from leads.db import writing

    laws = laws_of(console)
    now = engine_time(console)
    with writing(console.base()) as connection:
        stored = store.load(connection, campaign)
        who = floor.find_agent(connection, agent)
        lease = desk.next_person(connection, stored, laws, who.id, now=now)
        if lease is None:
            return {"lease": None, "why": desk.why_nobody(connection, stored, now=now)}
        theirs = store.load_id(connection, lease.campaign_id)
        document = desk.person_document(connection, theirs, lease, now=now)
        if document["phone"] is not None:  # in manual mode the agent sees the number
            access.record(
                connection,
                who=who.name,
                action="next",
                lead_ids=[lease.lead_id],
                detail={"campaign": theirs.campaign.name},
                now=now,
            )
        return document


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
    from campaigns import callbacks, desk, results, store, telling
    from campaigns.rules_in_force import laws_of
    from campaigns.said import asks_for_no_call
    from dialer.store import RequestKind, ask
    from leads.db import writing

    console: Console = ctx.obj
    now = engine_time(console)
    engine = live_engine(console)
    request = None
    with writing(console.base()) as connection:
        held = desk.find_lease(connection, lease)
        stored = store.load_id(connection, held.campaign_id)
        if place:  # first: a promised hour is one on the clock there
            telling.tell_in_talk(connection, held, place, now=now)
        at, zones = None, tuple[str, ...]()
        if callback is not None:
            zones = desk.zones_of(connection, held)
            at = on_their_clock(callback, zones, option="--callback")
        said = results.read_result(
            stored.campaign,
            disposition=disposition,
            reason=reason,
            detail=detail,
            callback_at=at,
            callback_by=callback_by,
            note=note,
            given=answer or [],
            consents=consent or [],
            now=now,
        )
        desk.give_result(connection, stored, held, said, now=now)
        if said.callback_at is not None:
            # Judged with this very call in the base; a refusal leaves nothing of it there.
            laws = laws_of(console)
            callbacks.judge(connection, stored, laws, held.lead_id, said.callback_at, now=now)
        if held.engine is not None and held.agent_id is not None and engine is not None:
            request = ask(
                connection,
                held.engine,
                RequestKind.RESULT,
                now=console.now(),
                agent_id=held.agent_id,
                attempt_id=held.attempt_id,
            )
    if request is not None:
        try:
            wait_for_answer(console, request, within=_ENGINE_ANSWERS_WITHIN)
        except NoEngineError as error:
            raise NoEngineError(f"the result is recorded, but {error}") from error
    elif held.live:
        raise NoEngineError(
            "the result is recorded, but no engine runs that could end the call; "
            "start it with: ringbank run"
        )
    kind = said.disposition.kind
    if asks_for_no_call(stored.campaign, kind, said.reason):
        console.say("the number is on the do-not-call list from now on, for all campaigns")
    recorded: dict[str, object] = {"lease": lease, "disposition": disposition, "kind": kind}
    if at is not None:  # they may go by several clocks, and the agent named an hour
        recorded |= {"callback_at": at, "local_time": desk.local_time(zones, at)}
    console.facts(recorded)


def release(ctx: typer.Context, lease: LeaseName) -> None:
    """Let go of a person who was not called; somebody else may get them.

    Example: ringbank release 1f0c9a7be2d4
    """
    from campaigns import desk, store
    from leads.db import writing

    console: Console = ctx.obj
    with writing(console.base()) as connection:
        held = desk.find_lease(connection, lease)
        stored = store.load_id(connection, held.campaign_id)
        desk.give_back(connection, stored, held)
    console.facts({"lease": lease, "released": True})


def on_their_clock(text: str, zones: Sequence[str], *, option: str) -> datetime:
    """Return a promised moment; without an offset it is the person's own clock.

    Args:
        text: as written.
        zones: where the person may be.
        option: whose value it is, for the error.

    Raises:
        UsageError: it is no moment.
        NotAllowedError: nobody knows what time it is where the person is.
    """
    moment = read_moment(text, option=option)
    if moment.tzinfo is not None:
        return moment
    moments = on_clocks(moment, zones)
    if not moments:
        raise NotAllowedError(
            "where this person is, is not known; ask them, and give "
            f"{option} an offset, like +01:00"
        )
    return moments[-1]  # of several possible zones the last: not earlier than promised


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
