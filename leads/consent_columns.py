"""What the columns of a file of consents mean, and what a row says; pure.

Such a file names each person by telephone number, external id or the lead's id, by several
of them at will, and says what they agreed to, when, and where that comes from.
"""

from collections.abc import Mapping, Sequence

from leads.columns import REJECT_COLUMNS, Columns
from leads.names import fold
from leads.problems import Problem

WHO = ("lead_id", "external_id", "phone")
"""The columns by which a row may name its person."""

_FACTS = {
    "kind": "consent_kind",
    "wording": "consent_wording",
    "source": "consent_source",
    "given_at": "consent_at",
    "proof": "consent_proof",
    "expires": "consent_expires",
    "withdrawn_at": "consent_withdrawn_at",
    "withdrawn_reason": "consent_withdrawn_reason",
}
"""What the other columns say, as `leads.consent_rules.from_row` calls it."""

TARGETS = (*WHO, *_FACTS)

_HEADERS = {
    "lead_id": "lead id, lead",
    "external_id": "external id, customer id, customer number, kundenr, kundenummer, reference",
    "phone": "phone, phone number, telephone, mobile, msisdn, telefon, tlf, telefonnummer, mobil",
    "kind": "kind, consent kind, consent, consent type, type, purpose",
    "wording": "wording, consent wording, consent text, text",
    "source": "source, consent source, origin",
    "given_at": "given at, consent at, given, given on, consent date, consented at, date",
    "proof": "proof, consent proof, evidence",
    "expires": "expires, expires at, expires on, consent expires, valid until",
    "withdrawn_at": "withdrawn at, withdrawn, withdrawn on, revoked at, revoked",
    "withdrawn_reason": "withdrawn reason, withdrawal reason",
}
"""How files call each thing; the first that is there counts. `--map` comes before it."""


def consent_columns(
    header: Sequence[str], mapping: Sequence[tuple[str, str]] = ()
) -> Columns | tuple[Problem, ...]:
    """Return what the columns mean, or everything that is wrong with them.

    Args:
        header: the first row of the file.
        mapping: pairs of target and column that the user gave; they come before any guess.
    """
    names = tuple(cell.strip() for cell in header)
    problems = _mapping_problems(names, mapping)
    if problems:
        return tuple(problems)
    targets = {target: names.index(column) for target, column in mapping}
    where: dict[str, int] = {}
    for at, name in enumerate(names):
        if at not in targets.values():
            where.setdefault(fold(name), at)
    for target, words in _HEADERS.items():
        found = next((where[word] for word in words.split(", ") if word in where), None)
        if found is not None:
            targets.setdefault(target, found)
    there = ", ".join(names)
    if not {*WHO} & {*targets}:
        why = f"no column names the person (there are: {there}); say which with --map phone=COLUMN"
        return (Problem(where="header", why=why),)
    if "given_at" not in targets:
        why = f"no column says when (there are: {there}); say which with --map given_at=COLUMN"
        return (Problem(where="header", why=why),)
    used = {*targets.values()}
    return Columns(
        header=names,
        phones=(targets["phone"],) if "phone" in targets else (),
        targets={target: targets[target] for target in TARGETS if target in targets},
        attributes=tuple(
            at for at, name in enumerate(names) if at not in used and name not in REJECT_COLUMNS
        ),
    )


def consent_facts(cells: Sequence[str], columns: Columns) -> dict[str, str]:
    """Return what a row says of a consent, as `leads.consent_rules.from_row` takes it."""
    return {
        fact: cells[columns.targets[target]]
        for target, fact in _FACTS.items()
        if target in columns.targets
    }


def column_of(fact: str, columns: Columns) -> str:
    """Return the header of the column that holds a fact, empty where there is none."""
    target = next((target for target, name in _FACTS.items() if name == fact), "")
    return columns.header[columns.targets[target]] if target in columns.targets else ""


def who(cells: Sequence[str], columns: Columns) -> Mapping[str, str]:
    """Return the cells by which a row names its person, those left empty not."""
    named = {target: cells[columns.targets[target]].strip() for target in _who(columns)}
    return {target: cell for target, cell in named.items() if cell}


def _who(columns: Columns) -> list[str]:
    return [target for target in WHO if target in columns.targets]


def _mapping_problems(names: Sequence[str], mapping: Sequence[tuple[str, str]]) -> list[Problem]:
    problems = []
    for target, column in mapping:
        where = f"--map {target}={column}"
        if target not in TARGETS:
            why = f"{target!r} is not one of {', '.join(TARGETS)}"
            problems.append(Problem(where=where, why=why))
        if column not in names:
            why = f"the file has no column {column!r} (it has {', '.join(names)})"
            problems.append(Problem(where=where, why=why))
    if len({target for target, _ in mapping}) < len(mapping):
        problems.append(Problem(where="--map", why="something is mapped twice; keep one"))
    return problems
