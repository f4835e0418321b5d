"""Read a rule file: its TOML text in, a `Jurisdiction` or every problem in it out; pure."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from campaigns.fields import Section, nearest, not_toml, shown
from campaigns.rules import civil
from campaigns.rules.kinds import KINDS, read_rule
from campaigns.rules.lines import line_of, places_of
from campaigns.rules.model import SCHEMA, Calendar, Jurisdiction, Loosening, Rule
from leads.problems import Problem

EVERYWHERE = "*"
FROM_ADDRESS = "from_address"
FILE_NAME = re.compile(r"([a-z0-9]+(?:-[a-z0-9]+)*)\.toml")

_COUNTRY = re.compile("[A-Z]{2}")
_SUBDIVISION = re.compile("[A-Z]{2}-[A-Z0-9]{1,3}")
_ADDED = re.compile(r"(?:([0-9]{4})-)?([0-9]{2}-[0-9]{2}) (\S.*)")
_LEAP_YEAR = "2000"
_UNKNOWN = ("national", "union")
_REASON_LETTERS = 10
_YEARS_AROUND = 2


def read_jurisdiction(
    text: str, *, file: str, own: bool = False, thorough: bool | None = None
) -> Jurisdiction | tuple[Problem, ...]:
    """Return the jurisdiction that the text of a rule file describes, or all its problems.

    Args:
        text: TOML.
        file: the file's name, "us-fl.toml"; a problem tells it with the line.
        own: it is an operator's: it may loosen, and need not say that its rules are its own.
        thorough: whether to look up that the countries, subdivisions and holidays it names
            exist. Left out: the countries and the calendar of an operator's file, since
            nobody may have checked it; a shipped one was checked before it was shipped, and
            subdivisions take long to look up.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as fault:
        problem = not_toml(fault)
        return (replace(problem, where=f"{file}, {problem.where}"),)
    problems: list[Problem] = []
    reader = _Reader(Section(document, problems), file, own=own)
    jurisdiction = reader.read(thorough=thorough)
    return _placed(problems, text, file) or jurisdiction


def country_of(file: str) -> str | None:
    """Return the country that a shipped file's name begins with: "us-fl.toml" is of US."""
    first = re.split(r"[-.]", file, maxsplit=1)[0].upper()
    return first if _COUNTRY.fullmatch(first) else None


def full_name(file: str, text: str, where: str) -> str:
    """Return where a key of a file stands: "us-fl.toml, line 23, hours.windows"."""
    return _full_name(file, line_of(places_of(text), where), where)


def _placed(problems: Sequence[Problem], text: str, file: str) -> tuple[Problem, ...]:
    """Give each problem its file and line, in the order of the lines."""
    places = places_of(text) if problems else {}
    found = [(line_of(places, problem.where), problem) for problem in problems]
    return tuple(
        replace(problem, where=_full_name(file, line, problem.where))
        for line, problem in sorted(found, key=lambda one: one[0])
    )


def _full_name(file: str, line: int, where: str) -> str:
    """Leave out the number of a key's table, which the line says better."""
    key = re.sub(r"^(\w+)\[[0-9]+\]", r"\1", where)
    return f"{file}, line {line}, {key}"


class _Reader:
    """One file that is being read."""

    def __init__(self, root: Section, file: str, *, own: bool) -> None:
        self._root = root
        self._file = file
        self._own = own

    def read(self, *, thorough: bool | None) -> Jurisdiction:
        root = self._root
        if root.whole("schema", 1, 10_000) != SCHEMA and root.has("schema"):
            root.refuse("schema", f"this version reads {SCHEMA}; write schema = {SCHEMA}")
        match, table = root.section("match", required=True), root.section("calendar")
        countries, subdivisions = self._countries(match), self._subdivisions(match)
        jurisdiction = Jurisdiction(
            id=self._id(),
            name=root.text("name"),
            checked=root.day("checked", required=not self._own),
            countries=countries,
            subdivisions=subdivisions,
            presume_by_area_code=match.flag("presume_by_area_code"),
            calendar=self._calendar(table),
            rules=self._rules(),
            loosened=self._loosened(),
            own=self._own,
        )
        root.close()
        if thorough:
            _check_subdivisions(match, jurisdiction)
        if thorough or (self._own and thorough is None):
            _check_countries(match, jurisdiction)
            _check_calendar(table, jurisdiction)
        return jurisdiction

    def _id(self) -> str:
        named = self._root.text("id")
        found = FILE_NAME.fullmatch(self._file)
        if found is None:
            self._root.refuse("id", "the file's name must be like us-fl.toml: a-z, 0-9 and -")
        elif named and named != found[1]:
            self._root.refuse("id", f"must be the file's name, {found[1]!r}, not {shown(named)}")
        return named

    def _countries(self, match: Section) -> frozenset[str]:
        countries = match.texts("countries") if self._root.has("match") else ()
        for country in countries:
            if country != EVERYWHERE and not _COUNTRY.fullmatch(country):
                match.refuse("countries", f'must be like ["US"] or ["*"], not {shown(country)}')
            elif country == EVERYWHERE and len(countries) > 1:
                match.refuse("countries", '"*" is every country; leave the others out')
        named = country_of(self._file)
        if not self._own and named and named not in map(str.upper, countries or [named]):
            match.refuse("countries", f"must name {named}, with which the file's name begins")
        return frozenset(countries)

    @staticmethod
    def _subdivisions(match: Section) -> frozenset[str]:
        subdivisions = match.texts("subdivisions", required=False)
        countries = match.held("countries")
        for subdivision in subdivisions:
            country = subdivision.partition("-")[0]
            if not _SUBDIVISION.fullmatch(subdivision):
                match.refuse("subdivisions", f'must be like "US-FL", not {shown(subdivision)}')
            elif isinstance(countries, list) and country not in countries:
                match.refuse("subdivisions", f"{subdivision} is in no country of match.countries")
        if match.has("presume_by_area_code") and not subdivisions:
            match.refuse(
                "presume_by_area_code", "is about subdivisions; name some, or leave it out"
            )
        return frozenset(subdivisions)

    @staticmethod
    def _calendar(table: Section) -> Calendar:
        subdivision = table.text("subdivision", required=False, empty=True)
        unknown = table.choice("unknown_subdivision", _UNKNOWN, default=_UNKNOWN[0])
        country = table.text("country", required=False)
        if subdivision and table.has("subdivision") and not country:
            table.refuse("subdivision", "needs a country; name the one it is in")
        return Calendar(
            country=country,
            subdivision="" if subdivision == FROM_ADDRESS else subdivision,
            from_address=subdivision == FROM_ADDRESS,
            union=unknown == "union",
            add=tuple(
                _added(table, text) for text in table.texts("add", required=False, empty=True)
            ),
            drop=table.texts("drop", required=False, empty=True),
        )

    def _rules(self) -> tuple[Rule, ...]:
        rules: list[Rule] = []
        self._root.expect(KINDS)
        for kind in (name for name in self._root.names() if name in KINDS):
            for entry in self._root.sections(kind):
                rule = read_rule(kind, entry, file=self._file, own=self._own)
                if rule.id and rule.id in {earlier.id for earlier in rules}:
                    entry.refuse("id", f"{rule.id!r} stands twice; give one another id")
                rules.append(rule)
        return tuple(rules)

    def _loosened(self) -> tuple[Loosening, ...]:
        if not self._own:
            if self._root.has("loosen"):
                self._root.refuse(
                    "loosen", "only an operator's own file may loosen; put it into one"
                )
            self._root.expect(["loosen"])
            return ()
        found: list[Loosening] = []
        for entry in self._root.sections("loosen"):
            loosening = Loosening(
                rule=entry.text("rule"),
                by=entry.text("by"),
                reason=entry.text("reason", lines=True),
                valid_until=entry.day("valid_until"),
            )
            if (
                loosening.reason.strip()
                and sum(map(str.isalpha, loosening.reason)) < _REASON_LETTERS
            ):
                entry.refuse("reason", f"must say why, in at least {_REASON_LETTERS} letters")
            if loosening.rule in {earlier.rule for earlier in found}:
                entry.refuse("rule", f"{loosening.rule!r} is loosened twice; keep one of them")
            found.append(loosening)
        return tuple(found)


def _added(table: Section, text: str) -> tuple[str, str]:
    """Return the day and the name of "12-24 Christmas Eve" or "2027-01-04 Some day"."""
    found = _ADDED.fullmatch(text)
    if found is None:
        table.refuse("add", f'must be like "12-24 Christmas Eve", not {shown(text)}')
        return "", ""
    year, day, name = found.groups()
    try:
        date.fromisoformat(f"{year or _LEAP_YEAR}-{day}")
    except ValueError:
        table.refuse("add", f"there is no {f'{year}-' if year else ''}{day}; mend {shown(text)}")
    return f"{year}-{day}" if year else day, name


def _check_countries(match: Section, jurisdiction: Jurisdiction) -> None:
    for country in sorted(jurisdiction.countries - {EVERYWHERE}):
        if _COUNTRY.fullmatch(country) and not civil.is_country(country):
            near = nearest(country, sorted(civil.calendar_countries()))
            match.refuse("countries", f"there is no {country}; the nearest is {near}")


def _check_subdivisions(match: Section, jurisdiction: Jurisdiction) -> None:
    calendars = civil.calendar_countries()
    for subdivision in sorted(jurisdiction.subdivisions):
        country, _, code = subdivision.partition("-")
        inside = civil.subdivisions(country) if country in calendars else frozenset[str]()
        if inside and code not in inside and _SUBDIVISION.fullmatch(subdivision):
            near = nearest(code, sorted(inside))
            match.refuse(
                "subdivisions", f"there is no {subdivision}; the nearest is {country}-{near}"
            )


def _check_calendar(table: Section, jurisdiction: Jurisdiction) -> None:
    calendar = jurisdiction.calendar
    if not calendar.country:
        if calendar.drop:
            table.refuse("drop", "there is no holiday to drop; name the calendar's country")
        return
    known = civil.calendar_countries()
    if calendar.country not in known:
        near = nearest(calendar.country, sorted(known))
        table.refuse("country", f"{calendar.country} has no calendar; the nearest is {near}")
        return
    inside = civil.subdivisions(calendar.country)
    if calendar.subdivision and calendar.subdivision not in inside:
        near = nearest(calendar.subdivision, sorted(inside)) if inside else '""'
        table.refuse(
            "subdivision",
            f"{calendar.country} has no {calendar.subdivision}; the nearest is {near}",
        )
        return
    _check_dropped(table, jurisdiction)


def _check_dropped(table: Section, jurisdiction: Jurisdiction) -> None:
    """Refuse a name that no holiday has in the years around the day of the last check."""
    calendar = jurisdiction.calendar
    if not calendar.drop:
        return
    if jurisdiction.checked is None:
        table.refuse("drop", "is looked up in the years around `checked`; give the file that day")
        return
    middle = jurisdiction.checked.year
    years = range(middle - _YEARS_AROUND, middle + _YEARS_AROUND + 1)
    parts = {calendar.subdivision}
    if calendar.from_address:
        parts |= civil.subdivisions(calendar.country)
    names = {name for part in parts for name in civil.holiday_names(calendar.country, part, years)}
    for name in calendar.drop:
        if name not in names:
            near = nearest(name, sorted(names)) if names else "none"
            table.refuse("drop", f"no holiday is called {shown(name)}; the nearest is {near!r}")
