"""``ringbank scripts``: check what agents say, see it as they do, and what it was before."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leads.console import Console
from leads.errors import UsageError

if TYPE_CHECKING:
    from campaigns.model import Campaign
    from campaigns.scripts.texts import ScriptTexts
    from campaigns.store import StoredCampaign

scripts_app = typer.Typer(no_args_is_help=True, help="Check, preview and list what agents say.")

_SCREEN = 78
"""How wide a line for a terminal may be."""

Name = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Whose script.")]


@scripts_app.command()
def check(
    ctx: typer.Context,
    what: Annotated[
        str, typer.Argument(metavar="FILE.toml|CAMPAIGN", help="A campaign file, or a campaign.")
    ],
) -> None:
    """Tell what is wrong with a script, and what nobody can ever come to.

    It looks for variables and questions that are not there, answers that are no choice,
    branches that no answers lead to, columns that no list of the campaign has, and what
    is missing in a language. Exit status 4: something was found.

    Example: ringbank scripts check tariff-switch.toml
    """
    from campaigns import store
    from campaigns.commands import read_file
    from campaigns.rules_in_force import laws_of
    from campaigns.scripts import checking
    from leads.db import reading
    from leads.problems import refuse

    console: Console = ctx.obj
    laws = laws_of(console)
    script: ScriptTexts | None
    campaign: Campaign
    is_file = what.endswith(".toml")
    if is_file:
        _, script, campaign = read_file(Path(what), console)
    with reading(console.base()) as connection:
        stored: StoredCampaign | None = None
        if is_file:
            refuse(f"{what} cannot be checked", store.unknown_lists(connection, campaign))
            known = {one.campaign.name: one for one in store.load_all(connection)}
            stored = known.get(campaign.name)
        else:
            stored = store.load(connection, what)
            script, campaign = stored.script, stored.campaign
        found = checking.findings(connection, campaign, script)
        more, told = checking.of_rules(
            connection,
            None if stored is None else stored.id,
            campaign,
            script,
            laws,
            now=console.now(),
        )
        found += more
    console.problems = bool(found)
    if console.json:
        console.document(
            {
                "campaign": campaign.name,
                "version": script and script.version,
                "findings": [{"where": o.where, "why": o.why, "error": o.error} for o in found],
                "shown_rules": [one.document() for one in told],
            }
        )
        return
    for one in found:
        console.line(f"{'error' if one.error else 'warning'}: {one}")
    if not found:
        console.line("the script can be used" if script else "the campaign has no script")
    for rule in told:
        says = "; ".join(f"{key}: {value}" for key, value in rule.says.items())
        console.say(f"{rule.rule} is {rule.status} and changes nothing: {says} ({rule.source})")


@scripts_app.command()
def preview(
    ctx: typer.Context,
    campaign: Name,
    lead: Annotated[
        int | None, typer.Option("--lead", help="For this person; else for a made-up one.")
    ] = None,
    answer: Annotated[
        list[str] | None,
        typer.Option("--answer", metavar="KEY=VALUE", help="As if it was answered; repeat it."),
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="As if it was the person's, like nb.")
    ] = None,
    agent: Annotated[str, typer.Option("--agent", help="As if this agent called.")] = "anna",
    recorded: Annotated[bool, typer.Option("--recorded", help="As if it was recorded.")] = False,
) -> None:
    """Print what an agent would see and say: opening, script and drawer.

    Example: ringbank scripts preview tariff-switch --answer provider=Telia --language nb
    """
    from campaigns import store
    from campaigns.rules_in_force import laws_of
    from campaigns.scripts.previews import a_person, made_up
    from campaigns.scripts.talk import to_say
    from leads import access
    from leads.db import reading

    console: Console = ctx.obj
    laws = laws_of(console)
    now = console.now()
    with reading(console.base()) as connection:
        stored = store.load(connection, campaign)
        if lead is None:
            person, duties = made_up(connection, stored, laws, now=now)
        else:
            person, duties = a_person(connection, stored, laws, lead, now=now)
    if lead is not None:
        access.record_look(
            console.base(),
            who=console.user(),
            action="scripts preview",
            lead_ids=[lead],
            detail={"campaign": campaign},
            now=now,
        )
    seen = to_say(
        stored.campaign,
        stored.script,
        replace(person, agent=agent, language=language or person.language),
        _answers(stored.campaign, answer or ()),
        duties,
        recorded=recorded,
    )
    if console.json:
        console.document(seen)
        return
    for line in lines_of(seen):
        console.line(line)


def _answers(campaign: "Campaign", words: Sequence[str]) -> dict[str, list[str]]:
    """Return the answers that options name; a value need not be one that may be given."""
    keys = [question.key for question in campaign.questions]
    found: dict[str, list[str]] = defaultdict(list)
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or key not in keys:
            there = ", ".join(keys) or "none: this campaign asks nothing"
            raise UsageError(
                f"--answer {word!r} answers no question; write KEY=VALUE with one of {there}"
            )
        found[key].append(value)
    return found


def lines_of(seen: Mapping[str, Any]) -> list[str]:
    """Return what is to be said as lines for a terminal, with the rules that ask for it."""
    lines = [f"Say first: {seen['opening']}"]
    lines += [
        f"  ({one['rule']}{', ' + one['by'] if one['by'] else ''}: {one['source']})"
        for one in seen["opening_rules"]
    ]
    for one in seen["duties"]:
        words = ", ".join(one["say"]).replace("_", " ")
        by = f", {one['by']}" if one["by"] else ""
        lines.append(f"  Besides{by}: {words} ({one['rule']}: {one['source']})")
    if seen["script"]:
        lines += ["", *seen["script"].split("\n")]
    for leaf in seen["drawer"]:
        lines += ["", f"? {leaf['title']}", *(f"  {line}" for line in leaf["text"].split("\n"))]
    return [part for line in lines for part in _within_a_screen(line)]


def _within_a_screen(line: str) -> list[str]:
    """Return a line in as many as it takes, the later ones as far in as the first."""
    indent = line[: len(line) - len(line.lstrip())]
    return wrap(line, _SCREEN, subsequent_indent=indent) or [""]


@scripts_app.command(name="list")
def list_(ctx: typer.Context, campaign: Name) -> None:
    """List the versions of a campaign's script that agents were shown, and the present one.

    Example: ringbank scripts list tariff-switch
    """
    from campaigns import store
    from campaigns.scripts import versions
    from leads.db import reading

    console: Console = ctx.obj
    with reading(console.base()) as connection:
        found = [*versions.of_campaign(connection, store.load(connection, campaign).id)]
    console.rows(
        ("version", "kept_at", "calls", "current", "languages"),
        [
            (v.version, v.kept_at, v.calls, v.current, [k for k in v.texts.texts if k])
            for v in found
        ],
    )


@scripts_app.command()
def show(
    ctx: typer.Context,
    campaign: Name,
    version: Annotated[
        str | None, typer.Option("--version", help="Which one; else the present one.")
    ] = None,
) -> None:
    """Print a script as its author wrote it, in all its languages.

    Example: ringbank scripts show tariff-switch
    """
    from campaigns import store
    from campaigns.scripts import versions
    from leads.db import reading
    from leads.names import did_you_mean

    console: Console = ctx.obj
    with reading(console.base()) as connection:
        stored = store.load(connection, campaign)
        if version is None:
            script = stored.script
        else:
            script = versions.load(connection, version)
            if script is None:
                there = [one.version for one in versions.of_campaign(connection, stored.id)]
                hint = did_you_mean(version, there, see=f"scripts list {campaign}")
                raise UsageError(f"there is no version {version!r} of a script; {hint}")
    if script is None:
        raise UsageError(
            f"the campaign {campaign!r} has no script; add [script] to its file and run: "
            "ringbank campaigns update FILE"
        )
    if console.json:
        console.document({"version": script.version, **script.document()})
        return
    console.say(f"version {script.version}")
    for language, about in script.about.items():
        console.line(f"about{f' ({language})' if language else ''}: {about}")
    for language, text in script.texts.items():
        if language:
            console.line(f"\n--- {language} ---")
        console.line(text.rstrip("\n"))
