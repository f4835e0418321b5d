"""What the columns of a lead file mean, and what one row says of a person; pure.

Headers are recognised in English, Norwegian, Swedish, Danish, Polish, Turkish, German
and Chinese, whatever their case, spacing and diacritics; `--map` overrides. A column that
means nothing to Ringbank is an attribute of the lead under its own name.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from leads.names import fold
from leads.problems import Problem

REJECT_COLUMNS = ("reject_line", "reject_column", "reject_reason")
"""What a rejects file adds to the columns of its original; ignored when it is imported."""

_HEADERS = {
    "phone": (
        "phone, phone number, phone no, telephone, telephone number, tel, tel no, phone 1, "
        "mobile, mobile number, mobile phone, cell, cell phone, msisdn, "
        "telefon, telefonnummer, telefonnr, tlf, tlf nr, tlf nummer, telefon 1, "
        "mobil, mobilnummer, mobilnr, mobiltelefon, mobiltelefonnummer, "
        "numer telefonu, nr telefonu, nr tel, telefon komórkowy, komórka, "
        "telefon numarası, telefon no, cep telefonu, cep, cep no, gsm, gsm no, "
        "rufnummer, handy, handynummer, "
        "電話, 電話號碼, 聯絡電話, 手機, 手機號碼, 行動電話, 电话, 电话号码, 联系电话, 手机, 手机号, "
        "手机号码"
    ),
    "external_id": (
        "external id, customer id, customer number, customer no, client id, account id, "
        "account number, account no, member id, member number, reference, ref, "
        "kundenr, kundenummer, kunde id, medlemsnr, medlemsnummer, "
        "kundnr, kundnummer, kund id, "
        "numer klienta, nr klienta, id klienta, "
        "müşteri no, müşteri numarası, müşteri id, üye no, "
        "kundennummer, kundennr, kunden id, "
        "客戶編號, 會員編號, 編號, 客户编号, 会员编号, 编号, id"
    ),
    "name": (
        "name, full name, customer name, contact name, contact, "
        "navn, fullt navn, kundenavn, namn, fullständigt namn, kundnamn, "
        "imię i nazwisko, nazwisko i imię, ad soyad, adı soyadı, isim, isim soyisim, "
        "vollständiger name, kundenname, "
        "姓名, 客戶姓名, 聯絡人, 名字, 客户姓名, 联系人"
    ),
    "first_name": "first name, given name, forename, fornavn, förnamn, imię, ad, adı, vorname, 名",
    "last_name": (
        "last name, surname, family name, etternavn, efternavn, efternamn, nazwisko, "
        "soyad, soyadı, soyisim, nachname, familienname, 姓"
    ),
    "language": "language, lang, språk, sprog, język, dil, sprache, 語言, 语言",
}
"""How the owners of lists call each thing; of several that are there the first one counts."""

TARGETS = tuple(_HEADERS)
"""What a column may be mapped to."""


def _key(header: str) -> str:
    return fold(header).replace(" ", "")


_WORDS = {
    target: tuple(_key(word) for word in words.split(",")) for target, words in _HEADERS.items()
}

_ODD = re.compile("[\x00\ud800-\udfff]")
"""A NUL, or a byte that the encoding has no letter for (see `leads.reader`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What each column of one file means.

    Attributes:
        header: the names of all columns, in the file's order.
        phones: the positions of the columns with numbers, the one to dial first in front.
        targets: for each other thing that was found, the position of its column.
        attributes: the positions of all other columns, those of a rejects file left out.
    """

    header: tuple[str, ...]
    phones: tuple[int, ...]
    targets: Mapping[str, int]
    attributes: tuple[int, ...]

    def mapping(self) -> dict[str, str]:
        """Return the column of each thing by name, as `--map` would say it."""
        phones = {"phone": self.header[self.phones[0]]}
        return phones | {target: self.header[at] for target, at in self.targets.items()}

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return every thing with its column, as repeated `--map` would say it."""
        phones = [("phone", self.header[at]) for at in self.phones]
        return (*phones, *((target, self.header[at]) for target, at in self.targets.items()))

    def original(self) -> tuple[int, ...]:
        """Return the positions of all columns but those that a rejects file added."""
        return tuple(at for at, name in enumerate(self.header) if name not in REJECT_COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """One row that cannot be imported.

    Attributes:
        line: where the row began in its file, the header being line 1.
        column: the header of the cell at fault, empty where it is the row.
        reason: one clause.
    """

    line: int
    column: str
    reason: str


def guess_columns(
    header: Sequence[str], mapping: Sequence[tuple[str, str]] = ()
) -> Columns | tuple[Problem, ...]:
    """Return what the columns mean, or everything that is wrong with them.

    Args:
        header: the first row of the file.
        mapping: pairs of target and column that the user gave; they come before any guess.
    """
    names = tuple(cell.strip() for cell in header)
    problems = (*_header_problems(names), *_mapping_problems(names, mapping))
    if problems:
        return problems
    targets = {target: names.index(column) for target, column in mapping}
    targets |= _guessed(names, targets)
    if "phone" not in targets:
        return (_no_phone(names),)
    taken = {*targets.values()}
    phone = targets.pop("phone")
    return Columns(
        header=names,
        phones=(phone,),
        targets={target: targets[target] for target in TARGETS if target in targets},
        attributes=tuple(
            at for at, name in enumerate(names) if at not in taken and name not in REJECT_COLUMNS
        ),
    )


def _guessed(names: Sequence[str], given: Mapping[str, int]) -> dict[str, int]:
    """Find the targets that were not given among the columns that were not given."""
    where: dict[str, int] = {}
    for at, name in enumerate(names):
        if at not in given.values():
            where.setdefault(_key(name), at)
    found = {
        target: next((where[word] for word in words if word in where), None)
        for target, words in _WORDS.items()
        if target not in given
    }
    parts = ("first_name", "last_name")
    if any(part in given for part in parts):
        found.pop("name", None)
    elif _is_surname(found):
        found["last_name"] = found.pop("name")
    elif "name" in given or found.get("name") is not None:
        found = {target: at for target, at in found.items() if target not in parts}
    return {target: at for target, at in found.items() if at is not None}


def _is_surname(found: Mapping[str, int | None]) -> bool:
    """Tell whether "name" stands beside a first name only, as in "Vorname, Name"."""
    there = {target for target, at in found.items() if at is not None}
    return {"name", "first_name"} <= there and "last_name" not in there


def _header_problems(names: Sequence[str]) -> Iterator[Problem]:
    for at, name in enumerate(names):
        if not name:
            yield Problem(where=f"column {at + 1}", why="its header is empty; give it a name")
        elif odd := _ODD.search(name):
            why = (
                "its header holds a NUL byte; if the file is UTF-16, say --encoding utf-16-le"
                if odd[0] == "\0"
                else "its header holds bytes that are no text; give the right --encoding"
            )
            yield Problem(where=f"column {at + 1}", why=why)
        elif name in names[:at]:
            why = f"the header {name!r} is there already; rename one of the two"
            yield Problem(where=f"column {at + 1}", why=why)


def _mapping_problems(
    names: Sequence[str], mapping: Sequence[tuple[str, str]]
) -> Iterator[Problem]:
    targets: dict[str, str] = {}
    columns: dict[str, str] = {}
    for target, column in mapping:
        where = f"--map {target}={column}"
        if target not in TARGETS:
            near = _nearest(target, TARGETS)
            yield Problem(where=where, why=f"{target!r} is not one of {', '.join(TARGETS)}{near}")
        if column not in names:
            near = _nearest(column, names) or f" (it has {', '.join(names)})"
            yield Problem(where=where, why=f"the file has no column {column!r}{near}")
        if target in targets:
            why = f"{target} is mapped already, to {targets[target]!r}; keep one of the two"
            yield Problem(where=where, why=why)
        if column in columns:
            why = f"the column {column!r} is mapped already, to {columns[column]}; keep one"
            yield Problem(where=where, why=why)
        targets.setdefault(target, column)
        columns.setdefault(column, target)
    if "name" in targets and ("first_name" in targets or "last_name" in targets):
        why = "map either name, or first_name and last_name"
        yield Problem(where=f"--map name={targets['name']}", why=why)


def _nearest(word: str, words: Sequence[str]) -> str:
    folded = {_key(other): other for other in reversed(words)}
    near = get_close_matches(_key(word), folded, n=1, cutoff=0.5)
    return f"; did you mean {folded[near[0]]!r}?" if near else ""


def _no_phone(names: Sequence[str]) -> Problem:
    return Problem(
        where="header",
        why=f"no column looks like the telephone number (there are: {', '.join(names)}); "
        "say which one it is with --map phone=COLUMN",
    )
