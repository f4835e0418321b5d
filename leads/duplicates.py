"""Whether two leads may be one person, from name and address, as a score with reasons; pure.

Only a suspicion: nothing is merged by it. A million leads cannot be compared each with
each, so that only those who share a key (`keys_of`) are: a number, an e-mail address, or the
beginnings of the name with a postcode, a city or a date of birth.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from rapidfuzz import fuzz

from leads.model import LeadId
from leads.names import fold

_HEADERS = {
    "street": (
        "address, street, street address, address 1, adresse, gate, gateadresse, adress, gata, "
        "gatuadress, vej, adres, ulica, cadde, sokak, strasse, straße, anschrift, 地址, 住址"
    ),
    "postcode": (
        "postcode, postal code, post code, zip, zip code, postnr, postnummer, kod pocztowy, "
        "posta kodu, plz, postleitzahl, 郵遞區號, 邮政编码, 邮编"
    ),
    "city": (
        "city, town, place, by, sted, poststed, stad, ort, postort, postadresse, miasto, "
        "miejscowość, şehir, il, ilçe, stadt, wohnort, 城市, 市"
    ),
    "email": (
        "e mail, email, email address, e mail address, mail, e post, epost, e postadresse, "
        "eposta, e posta, adres e mail, 電子郵件, 邮箱, 电子邮件"
    ),
    "born": (
        "birth date, birthdate, date of birth, dob, birthday, born, fødselsdato, født, "
        "födelsedatum, född, fødselsdag, data urodzenia, doğum tarihi, geburtsdatum, "
        "geburtstag, 出生日期, 生日"
    ),
}
"""What attributes that look like an address are called by the owners of lists."""


def _key(header: str) -> str:
    return fold(header).replace(" ", "")


_MEANS = {_key(word): part for part, words in _HEADERS.items() for word in words.split(",")}

_ALIKE = 80
"""Names less alike than this, in per cent, are two people's whatever else agrees."""
_SAME_STREET = 85
_NAME_WEIGHT = 0.7
_MOST_EVIDENCE = 30
_OTHER_BIRTHDAY = 40
_BEGINNING = 3
_FEWEST_WORDS = 2
_NEIGHBOURS = 25
_SMALL_BLOCK = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """What is compared of one lead.

    Attributes:
        name_key: the folded name, its words sorted (`leads.names.fold_name`).
        numbers: the ids of the numbers.
        address: street, postcode, city, email and born, folded, those that are known.
    """

    lead_id: LeadId
    name: str | None
    name_key: str
    external_id: str | None
    numbers: frozenset[int]
    address: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """Two leads that may be one person.

    Attributes:
        score: 0 to 100.
        reasons: what speaks for it, and what against it, in words.
    """

    first: Suspect
    second: Suspect
    score: int
    reasons: tuple[str, ...]


def address_of(attributes: Mapping[str, str]) -> dict[str, str]:
    """Return what the attributes say of an address, folded, by part."""
    found: dict[str, str] = {}
    for name, value in attributes.items():
        part = _part(name)
        if part is not None and part not in found:
            # Blanks in a postcode and the dots of a birthday are a matter of habit.
            folded = fold(value) if part in ("street", "city") else _key(value)
            if folded:
                found[part] = folded
    return found


@lru_cache(maxsize=1024)  # files have whatever columns they like
def _part(header: str) -> str | None:
    return _MEANS.get(_key(header))


def keys_of(
    name_key: str, numbers: Sequence[int] | frozenset[int], address: Mapping[str, str]
) -> Iterator[str]:
    """Return the keys of which two leads must share one to be compared."""
    for number in numbers:
        yield f"number {number}"
    if "email" in address:
        yield f"email {address['email']}"
    begins = " ".join(word[:_BEGINNING] for word in name_key.split())
    if begins:
        for part in ("postcode", "city", "born"):
            if part in address:
                yield f"{part} {address[part]} {begins}"


def pairs_of(block: Sequence[Suspect]) -> Iterator[tuple[Suspect, Suspect]]:
    """Return who of a block is compared with whom.

    In a small one all with all; in a large one each with those whose names come next in
    the alphabet, so that the work grows with the block and not with its square.
    """
    if len(block) <= _SMALL_BLOCK:
        yield from combinations(block, 2)
        return
    ordered = sorted(block, key=lambda one: (one.name_key, one.lead_id))
    for at, one in enumerate(ordered):
        for other in ordered[at + 1 : at + 1 + _NEIGHBOURS]:
            yield one, other


def suspicion(one: Suspect, other: Suspect) -> Suspicion | None:
    """Return how far two leads may be one person, or None where nothing speaks for it."""
    if not (one.name_key and other.name_key):
        return None
    alike = _names_alike(one.name_key, other.name_key)
    if alike < _ALIKE:
        return None
    first, second = sorted((one, other), key=lambda suspect: suspect.lead_id)
    evidence, reasons = _evidence(first, second)
    score = _NAME_WEIGHT * alike + min(evidence, _MOST_EVIDENCE)
    if _differ("born", first, second):
        score -= _OTHER_BIRTHDAY
        reasons.append("but another date of birth")
    if first.external_id and second.external_id and first.external_id != second.external_id:
        reasons.append(f"but other external ids ({first.external_id}, {second.external_id})")
    return Suspicion(
        first=first,
        second=second,
        score=max(0, round(score)),
        reasons=(_of_names(alike), *reasons),
    )


def _names_alike(one: str, other: str) -> float:
    """Return how alike two folded names are, 0 to 100.

    A name that is whole within the other, as without a middle name, is nearly the same.
    """
    alike = fuzz.ratio(one, other)
    few = min(len(one.split()), len(other.split()))
    if few >= _FEWEST_WORDS and alike < 100:  # noqa: PLR2004 (per cent)
        alike = max(alike, 0.95 * fuzz.token_set_ratio(one, other) if _within(one, other) else 0)
    return alike


def _within(one: str, other: str) -> bool:
    words, others = {*one.split()}, {*other.split()}
    return words <= others or others <= words


def _of_names(alike: float) -> str:
    return "the same name" if alike == 100 else f"names {alike:.0f} % alike"  # noqa: PLR2004


def _evidence(first: Suspect, second: Suspect) -> tuple[int, list[str]]:
    """Return what weight the rest has, and what it is in words."""
    weight = 0
    reasons = []
    if shared := first.numbers & second.numbers:
        weight += 25
        reasons.append(f"the same number (+{min(shared)})")
    for part, its_weight, word in (
        ("email", 30, "e-mail address"),
        ("born", 25, "date of birth"),
        ("postcode", 20, "postcode"),
        ("city", 12, "city"),
    ):
        if _same(part, first, second):
            weight += its_weight
            reasons.append(f"the same {word}")
    streets = first.address.get("street"), second.address.get("street")
    if streets[0] and streets[1]:
        alike = fuzz.ratio(streets[0], streets[1])
        if alike >= _SAME_STREET:
            weight += 15
            reasons.append("the same street" if alike == 100 else "nearly the same street")  # noqa: PLR2004
    return weight, reasons


def _same(part: str, first: Suspect, second: Suspect) -> bool:
    return part in first.address and first.address[part] == second.address.get(part)


def _differ(part: str, first: Suspect, second: Suspect) -> bool:
    parts = first.address.get(part), second.address.get(part)
    return None not in parts and parts[0] != parts[1]
