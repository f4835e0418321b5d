"""All rule files together, and which of them hold for a place; pure.

A book is made of texts, so that it can be kept beside the decisions that were made by it
and read again. Shipped files are parsed when a place first asks for them: most commands
need one country of many.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

from campaigns.fields import nearest
from campaigns.rules.floor import floor
from campaigns.rules.model import (
    AbandonmentRule,
    Jurisdiction,
    Loosening,
    Place,
    RegistryRule,
    Rule,
)
from campaigns.rules.own import OWN, Own
from campaigns.rules.reading import EVERYWHERE, full_name, read_jurisdiction
from leads.problems import Problem, usable

OFFICE_HOURS = "own-hours.toml"
"""The shipped file that is in force only where the configuration asks for it."""

_REGISTRY = "registry"
"""The name of the tables that ask for a register."""
_ABANDONMENT = "[[abandonment]]"

_VERSION = 1
_ENDING = ".toml"
_FIRST_RULE = re.compile(r"^\s*\[\[", re.MULTILINE)


class RuleBook:
    """The shipped files, an operator's and what the configuration asks for."""

    def __init__(
        self,
        shipped: Mapping[str, str],
        own_texts: Mapping[str, str],
        own: Own,
        own_files: Mapping[str, Jurisdiction],
    ) -> None:
        """Keep what `build` has read; build a book with that."""
        self._shipped, self._own_texts = _in_order(shipped), _in_order(own_texts)
        self._read: dict[str, Jurisdiction] = {}
        self._heads: dict[str, _Match | None] = {}
        self._places: dict[Place, tuple[Jurisdiction, ...]] = {}
        self._own_files = tuple(own_files[file] for file in self._own_texts)
        self._floor = floor(own)
        self._loosened = {
            loosening.rule: loosening for file in self._own_files for loosening in file.loosened
        }
        self.own = own
        self.hash = _hash(self.document)

    @classmethod
    def build(
        cls,
        shipped: Mapping[str, str],
        own_texts: Mapping[str, str],
        own: Own,
        *,
        thorough: bool | None = None,
    ) -> "RuleBook | tuple[Problem, ...]":
        """Return the book of these files, or everything that is wrong with the operator's.

        Args:
            shipped: the text of each file by its name, "us-fl.toml".
            own_texts: an operator's files in the same way.
            own: what the configuration asks for.
            thorough: whether to look up that what an operator's file names exists, as in
                `read_jurisdiction`.
        """
        problems: list[Problem] = []
        files: dict[str, Jurisdiction] = {}
        for name, text in sorted(own_texts.items()):
            read = read_jurisdiction(text, file=name, own=True, thorough=thorough)
            if isinstance(read, tuple):
                problems += read
            else:
                files[name] = read
            if name in shipped or name == f"{OWN}{_ENDING}":
                taken = "a file that came with Ringbank" if name in shipped else "the configuration"
                problems.append(Problem(where=name, why=f"is the name of {taken}; rename it"))
        if problems:
            return tuple(problems)
        book = cls(shipped, own_texts, own, files)
        return tuple(book._astray(files)) or book

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> "RuleBook":
        """Return the book that `document` wrote.

        Raises:
            UsageError: this version cannot read a file that the one which wrote it could.
        """
        shipped, own_texts = (
            cast("Mapping[str, str]", document[key]) for key in ("shipped", "own")
        )
        own = Own.from_document(cast("Mapping[str, object]", document["options"]))
        book = cls.build(shipped, own_texts, own, thorough=False)
        return usable("the rules kept in the base cannot be used", book)

    def with_new(self, own_texts: Mapping[str, str]) -> "RuleBook":
        """Return this book with those of an operator's files besides that only add rules.

        A file that this book has stays as it is here, one that loosens a rule or cannot be
        used is left out: nothing is allowed that this book forbids.

        Args:
            own_texts: the operator's files of today.
        """
        files = dict(zip(self._own_texts, self._own_files, strict=True))
        texts = dict(self._own_texts)
        for name, text in own_texts.items():
            read = read_jurisdiction(text, file=name, own=True, thorough=False)
            taken = name in files or name in self._shipped or name == f"{OWN}{_ENDING}"
            if not taken and not isinstance(read, tuple) and not read.loosened:
                files[name], texts[name] = read, text
        return RuleBook(self._shipped, texts, self.own, files)

    @property
    def document(self) -> dict[str, object]:
        """Return the same as plain values, to be kept; `from_document` reads them."""
        return {
            "version": _VERSION,
            "shipped": self._shipped,
            "own": self._own_texts,
            "options": self.own.document(),
        }

    def of_place(self, place: Place) -> tuple[Jurisdiction, ...]:
        """Return whatever holds in a place, in the order of the ids, the configuration last.

        That is what names its country and is not confined to a subdivision, what is
        confined to this one, and what holds everywhere.

        Raises:
            UsageError: a shipped file cannot be used.
        """
        found = self._places.get(place)
        if found is None:
            shipped = [
                self._parsed(name)
                for name in self._in_force()
                if self._may_hold(name, place.country, place)
            ]
            files = [file for file in (*shipped, *self._own_files) if _holds(file, place)]
            files.sort(key=lambda file: file.id)
            found = self._places[place] = (*files, *self._of_configuration())
        return found

    def knows(self, country: str) -> bool:
        """Tell whether a file names the country, or it may be called without any."""
        return country in self.own.allow_without_rules or (
            country != EVERYWHERE and self._named(country)
        )

    def _named(self, country: str) -> bool:
        """Tell whether a file names a country; the first that does is enough, and is parsed."""
        own = any(country in file.countries for file in self._own_files)
        return own or any(
            self._may_hold(name, country) and country in self._parsed(name).countries
            for name in self._in_force()
        )

    def naming(self, country: str) -> tuple[Jurisdiction, ...]:
        """Return every file that names a country, in the order of the ids."""
        shipped = [self._parsed(name) for name in self._in_force() if self._may_hold(name, country)]
        files = [file for file in (*shipped, *self._own_files) if country in file.countries]
        return tuple(sorted(files, key=lambda file: file.id))

    def registries(self) -> frozenset[str]:
        """Return the names of the registers that a rule in force asks for, wherever it holds."""
        return frozenset(
            rule.registry
            for rule in self._rules_with(_REGISTRY)
            if isinstance(rule, RegistryRule) and rule.enforced
        )

    def abandonment(self) -> tuple[AbandonmentRule, ...]:
        """Return the rules in force that count abandoned calls, wherever they hold."""
        return tuple(
            rule
            for rule in self._rules_with(_ABANDONMENT)
            if isinstance(rule, AbandonmentRule) and rule.enforced
        )

    def _rules_with(self, table: str) -> Iterator[Rule]:
        """Yield the rules of the files in which a table occurs; no other file is read for it."""
        shipped = [self._parsed(name) for name in self._in_force() if table in self._shipped[name]]
        for file in (*shipped, *self._own_files):
            yield from file.rules

    def presumes(self, subdivision: str) -> bool:
        """Tell whether an area code of the subdivision makes a person a candidate for it."""
        place = Place(subdivision.partition("-")[0], subdivision)
        return any(
            file.presume_by_area_code and subdivision in file.subdivisions
            for file in self.of_place(place)
        )

    def all(self) -> tuple[Jurisdiction, ...]:
        """Return everything that is in force anywhere, in the order of the ids.

        Raises:
            UsageError: a shipped file cannot be used.
        """
        files = [*map(self._parsed, self._in_force()), *self._own_files]
        return (*sorted(files, key=lambda file: file.id), *self._of_configuration())

    def off(self) -> tuple[Jurisdiction, ...]:
        """Return the shipped files that the configuration leaves switched off."""
        return tuple(self._parsed(name) for name in self._shipped if name not in self._in_force())

    def loosening_of(self, rule_id: str, day: date) -> Loosening | None:
        """Return who switched a rule off on a day, and why, or None."""
        loosening = self._loosened.get(rule_id)
        if loosening is None or (loosening.valid_until and loosening.valid_until < day):
            return None
        return loosening

    def loosened(self) -> tuple[Loosening, ...]:
        """Return every loosening, in the order of the rules' ids."""
        return tuple(self._loosened[rule] for rule in sorted(self._loosened))

    def rule(self, rule_id: str) -> Rule | None:
        """Return a rule of any file, also of one that is switched off, or None."""
        return next((rule for rule in self._rules_beside(rule_id) if rule.id == rule_id), None)

    def _rules_beside(self, rule_id: str) -> Iterator[Rule]:
        """Yield the rules of the file that a rule's id begins with: only that one is parsed."""
        stem = rule_id.partition(".")[0]
        if f"{stem}{_ENDING}" in self._shipped:
            yield from self._parsed(f"{stem}{_ENDING}").rules
        for file in (*self._own_files, self._floor):
            if file.id == stem:
                yield from file.rules

    def _astray(self, files: Mapping[str, Jurisdiction]) -> Iterator[Problem]:
        """Yield a problem for each loosening of nothing, or of what another one loosens."""
        loosened: dict[str, str] = {}
        for name, file in sorted(files.items()):
            for number, rule in enumerate((one.rule for one in file.loosened), start=1):
                key = f"loosen[{number}].rule"
                where = full_name(name, self._own_texts[name], key)
                if rule in loosened:
                    why = f"{rule!r} is loosened in {loosened[rule]} too; keep one of them"
                    yield Problem(where=where, why=why)
                elif rule.startswith(f"{OWN}."):
                    why = f"{rule!r} is the configuration's own; change it there, in [rules]"
                    yield Problem(where=where, why=why)
                elif self.rule(rule) is None:
                    yield Problem(where=where, why=self._no_rule(rule))
                loosened.setdefault(rule, name)

    def _no_rule(self, rule_id: str) -> str:
        ids = sorted(rule.id for rule in self._rules_beside(rule_id))
        if ids:
            return f"there is no rule {rule_id!r}; the nearest is {nearest(rule_id, ids)!r}"
        stems = sorted(
            [name.removesuffix(_ENDING) for name in (*self._shipped, *self._own_texts)],
        )
        near = nearest(rule_id.partition(".")[0], stems)
        return f"there is no rule {rule_id!r}; the nearest file with rules is {near!r}"

    def _in_force(self) -> tuple[str, ...]:
        return tuple(
            name for name in self._shipped if name != OFFICE_HOURS or self.own.office_hours
        )

    def _of_configuration(self) -> tuple[Jurisdiction, ...]:
        return (self._floor,) if self._floor.rules else ()

    def _parsed(self, name: str) -> Jurisdiction:
        found = self._read.get(name)
        if found is None:
            read = read_jurisdiction(self._shipped[name], file=name)
            found = self._read[name] = usable(f"the rule file {name} cannot be used", read)
        return found

    def _may_hold(self, name: str, country: str, place: Place | None = None) -> bool:
        """Tell from the head of a shipped file whether it is worth parsing for a place."""
        if name in self._read:
            return True
        head = _FIRST_RULE.split(self._shipped[name], maxsplit=1)[0]
        if country not in head and EVERYWHERE not in head:
            return False
        if name not in self._heads:
            self._heads[name] = _match_in(head)
        match = self._heads[name]
        return match is None or (match.names(country) if place is None else match.holds(place))


@dataclass(frozen=True, slots=True)
class _Match:
    """Where a file holds."""

    countries: frozenset[str]
    subdivisions: frozenset[str]

    def names(self, country: str) -> bool:
        return country in self.countries

    def holds(self, place: Place) -> bool:
        return (EVERYWHERE in self.countries or place.country in self.countries) and (
            not self.subdivisions or place.subdivision in self.subdivisions
        )


def _match_in(head: str) -> _Match | None:
    """Return what stands before a file's first rule, or None where that is not clear."""
    try:
        match = tomllib.loads(head)["match"]
        return _Match(frozenset(match["countries"]), frozenset(match.get("subdivisions", ())))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None  # the whole file will tell, or be refused


def _holds(file: Jurisdiction, place: Place) -> bool:
    return _Match(file.countries, file.subdivisions).holds(place)


def _in_order(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts by name, with the line ends that every machine has."""
    return {name: texts[name].replace("\r\n", "\n") for name in sorted(texts)}


def _hash(document: Mapping[str, object]) -> str:
    """Return a hash of the content alone, the same on every machine."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
