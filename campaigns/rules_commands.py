"""The commands ``ringbank rules``: what the rules of law say, and what an operator adds."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leads.console import Console
from leads.errors import UsageError

if TYPE_CHECKING:
    from campaigns.rules.book import RuleBook
    from campaigns.rules.model import Jurisdiction, Loosening, Rule
    from campaigns.rules.own import Own
    from leads.problems import Problem

rules_app = typer.Typer(no_args_is_help=True, help="Look up and check the rules of law.")

_COUNTRY_LETTERS = 2


@rules_app.command()
def check(
    ctx: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FOLDER|FILE]...",
            help="Rule files of your own; else the folder that the configuration names.",
        ),
    ] = None,
) -> None:
    """Check every rule file: those that came with Ringbank, and your own.

    Example: ringbank rules check
    """
    from campaigns.rules import loading
    from campaigns.rules.own import Own
    from leads.problems import refuse

    console: Console = ctx.obj
    paths = list(files or ())
    own = Own()
    if not paths:
        own, folder = _options(console)
        paths = [folder] if folder else []
    came = loading.SHIPPED.resolve()
    texts = loading.texts_in(p for p in paths if came not in (p.resolve(), p.resolve().parent))
    found, problems = _examined(loading.shipped_texts(), texts, own)
    _tell_check(console, found, problems, off=not own.office_hours)
    refuse("rule files cannot be used", problems)


@rules_app.command()
def show(
    ctx: typer.Context,
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[JURISDICTION|RULE|COUNTRY]", help="Such as us-fl, us-fl.hours or US."
        ),
    ] = None,
) -> None:
    """List the rule files; or show all that one, a rule or a country's files say.

    Example: ringbank rules show us
    """
    console: Console = ctx.obj
    book = _book(console)
    day = console.now().date()
    files = {file.id: file for file in (*book.all(), *book.off())}
    if what is None:
        _list(console, files.values(), book, day)
    elif what in files:
        _show_file(console, files[what], book, day)
    elif rule := book.rule(what) or book.rule(what.lower()):
        _print(console, _rule(rule, book, day))
    elif len(what) == _COUNTRY_LETTERS:
        _show_country(console, what.upper(), book, day)
    elif what.lower() in files:  # a subdivision as `explain` writes it: US-FL
        _show_file(console, files[what.lower()], book, day)
    else:
        raise UsageError(_unknown(what, files.values()))


@rules_app.command()
def diff(ctx: typer.Context) -> None:
    """Show what your folder and your configuration change: rules added, rules loosened.

    Example: ringbank rules diff
    """
    from campaigns.rules.book import OFFICE_HOURS
    from campaigns.rules.words import in_one_line, stands

    console: Console = ctx.obj
    book = _book(console)
    day = console.now().date()
    rows: list[tuple[object, ...]] = [
        ("added", rule.id, file.id, stands(rule), in_one_line(rule), None, None, None)
        for file in book.all()
        if file.own or f"{file.id}.toml" == OFFICE_HOURS
        for rule in file.rules
    ]
    for file in book.all():
        for loosening in file.loosened:
            rule = book.rule(loosening.rule)
            holds = book.loosening_of(loosening.rule, day) is not None
            rows.append(
                (
                    "loosened" if holds else "loosened, over",
                    loosening.rule,
                    file.id,
                    stands(rule) if rule else None,
                    in_one_line(rule) if rule else None,
                    loosening.by,
                    loosening.reason,
                    loosening.valid_until,
                )
            )
    console.rows(("change", "rule", "file", "stands", "says", "by", "reason", "valid_until"), rows)
    if not rows:
        console.say("nothing is changed; docs/rules.md tells how to add a rule or loosen one")


def _options(console: Console) -> "tuple[Own, Path | None]":
    from campaigns.rules.own import Own

    settings = console.settings()
    return Own.from_document(settings.own_rules), settings.rules_folder


def _book(console: Console) -> "RuleBook":
    from campaigns.rules import loading

    own, folder = _options(console)
    return loading.load(folder, own, thorough=True)


# -- check ---------------------------------------------------------------------------------


def _examined(
    shipped: Mapping[str, str], texts: Mapping[str, str], own: "Own"
) -> "tuple[dict[str, Jurisdiction | None], list[Problem]]":
    """Return what each file says, or None, and everything that is wrong with any."""
    from campaigns.rules.book import RuleBook
    from campaigns.rules.reading import read_jurisdiction

    found: dict[str, Jurisdiction | None] = {}
    problems: list[Problem] = []
    for mine, group in ((False, shipped), (True, texts)):
        for name, text in group.items():
            read = read_jurisdiction(text, file=name, own=mine, thorough=True)
            found[name] = None if isinstance(read, tuple) else read
            if isinstance(read, tuple) and not mine:
                problems += read
    usable = {name: text for name, text in shipped.items() if found.get(name)}
    book = RuleBook.build(usable, texts, own, thorough=True)
    return found, [*problems, *(book if isinstance(book, tuple) else ())]


def _tell_check(
    console: Console,
    found: "Mapping[str, Jurisdiction | None]",
    problems: "list[Problem]",
    *,
    off: bool,
) -> None:
    from campaigns.rules.book import OFFICE_HOURS

    counts = {name: _counts(file, off=off and name == OFFICE_HOURS) for name, file in found.items()}
    rows = [(name, *values) for name, values in counts.items()]
    columns = ("file", "in_force", "shown_only", "checked", "own")
    in_force = sum(values[0] or 0 for values in counts.values())
    shown_only = sum(values[1] or 0 for values in counts.values())
    if console.json:
        console.document(
            {
                "files": [dict(zip(columns, row, strict=True)) for row in rows],
                "in_force": in_force,
                "shown_only": shown_only,
                "problems": [{"where": one.where, "why": one.why} for one in problems],
            }
        )
        return
    console.rows(columns, rows)
    console.say(
        f"rule files: {len(rows)}; rules in force: {in_force}; proposed, switched off or only "
        f"shown: {shown_only}; problems: {len(problems)}"
    )


def _counts(
    file: "Jurisdiction | None", *, off: bool = False
) -> tuple[int | None, int | None, date | None, bool | None]:
    if file is None:
        return None, None, None, None
    in_force = 0 if off else sum(rule.enforced for rule in file.rules)
    return in_force, len(file.rules) - in_force, file.checked, file.own


# -- show ----------------------------------------------------------------------------------


def _list(console: Console, files: "Iterable[Jurisdiction]", book: "RuleBook", day: date) -> None:
    from campaigns.rules.words import places

    off = {file.id for file in book.off()}
    rows = []
    for file in sorted(files, key=lambda file: file.id):
        in_force, shown_only, checked, own = _counts(file, off=file.id in off)
        stands = "off" if file.id in off else _hours_of(file, day)
        rows.append((file.id, file.name, places(file), in_force, shown_only, checked, own, stands))
    columns = (
        "jurisdiction",
        "name",
        "where",
        "in_force",
        "shown_only",
        "checked",
        "own",
        "remark",
    )
    console.rows(columns, rows)


def _hours_of(file: "Jurisdiction", day: date) -> str | None:
    """Return that no hours are known of a whole country, of which others should be."""
    from campaigns.rules.hours import statutory_hours
    from campaigns.rules.words import NO_HOURS

    whole = not file.subdivisions and "*" not in file.countries and not file.own
    return NO_HOURS if whole and not statutory_hours([file], day) else None


def _show_file(console: Console, file: "Jurisdiction", book: "RuleBook", day: date) -> None:
    head, rules = _file(file, book, day)
    if console.json:
        console.document(head | {"rules": rules})
        return
    _print(console, head)
    for rule in rules:
        console.line("")
        _print(console, rule)


def _show_country(console: Console, country: str, book: "RuleBook", day: date) -> None:
    from campaigns.rules import civil
    from campaigns.rules.hours import country_has_hours
    from campaigns.rules.words import NO_HOURS

    if not civil.is_country(country):
        raise UsageError(f"there is no country {country}; write two letters such as NO")
    files = book.naming(country)
    known = book.knows(country)
    head: dict[str, object] = {
        "country": country,
        "jurisdictions": [file.id for file in files],
        "hours": "stated" if country_has_hours(book, country, day) else NO_HOURS,
        "may_be_called": known,
    }
    if console.json:
        told = [_file(file, book, day) for file in files]
        console.document(
            head | {"files": [file_head | {"rules": rules} for file_head, rules in told]}
        )
        return
    _print(console, head)
    if not known:
        console.say(
            f"nobody in {country} is called, since no rule of theirs is known; allow it with "
            f'allow_without_rules = ["{country}"] under [rules] in the configuration'
        )
    for file in files:
        console.line("")
        _show_file(console, file, book, day)


def _file(
    file: "Jurisdiction", book: "RuleBook", day: date
) -> tuple[dict[str, object], list[dict[str, object]]]:
    from campaigns.rules.words import holidays, places

    head: dict[str, object] = {
        "jurisdiction": file.id,
        "name": file.name,
        "where": places(file),
        "public_holidays": holidays(file.calendar),
        "checked": file.checked,
        "own": file.own,
        "remark": _hours_of(file, day),
    }
    return head, [_rule(rule, book, day) for rule in file.rules]


def _rule(rule: "Rule", book: "RuleBook", day: date) -> dict[str, object]:
    from campaigns.rules.words import dates, kind_of, says, scope, stands

    loosening = book.loosening_of(rule.id, day)
    return {
        "rule": rule.id,
        "kind": kind_of(rule),
        "stands": stands(rule),
        "loosened": _loosened(loosening) if loosening else None,
        "says": says(rule),
        **{key: value or None for key, value in scope(rule).items()},
        "force": rule.force.value,
        "status": rule.status.value,
        "confidence": rule.confidence.value,
        "valid": dates(rule) or None,
        "source": list(rule.source),
        "note": rule.note or None,
        "file": rule.file or None,
    }


def _loosened(loosening: "Loosening") -> str:
    until = f" until {loosening.valid_until}" if loosening.valid_until else ""
    return f"by {loosening.by}{until}: {loosening.reason}"


def _print(console: Console, facts: Mapping[str, object]) -> None:
    """Print facts; on a terminal only those that there are, each value of a rule on a line."""
    if console.json:
        console.document(facts)
        return
    lines: dict[str, object] = {}
    for key, value in facts.items():
        if isinstance(value, dict):
            lines[key] = [f"{name}: {one}" for name, one in value.items()]
        elif value not in (None, []):
            lines[key] = value
    console.facts(lines)


def _unknown(what: str, files: "Iterable[Jurisdiction]") -> str:
    from campaigns.fields import nearest

    words = sorted({word for file in files for word in (file.id, *(r.id for r in file.rules))})
    near = f"; the nearest is {nearest(what, words)!r}" if words else ""
    return f"there is no jurisdiction, rule or country {what!r}{near}"
