"""The numbers that the lines of a register hold, millions at a time; pure.

A register also lists what is no valid number today, so a line is read by what `phonenumbers`
makes of it and by its length alone: it must be possible in its country. Lines of digits are
read with arithmetic where the library's own rules leave no doubt (`_National`); every other
one goes through `leads.phones` and the library itself, with the same answer.
"""

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from phonenumbers import (
    NumberParseException,
    PhoneMetadata,
    PhoneNumberFormat,
    ValidationResult,
    country_code_for_region,
    format_number,
    is_possible_number_with_reason,
    parse,
    region_code_for_country_code,
)

from leads.automaton import PAD, Automaton, UnsupportedPatternError, distinguish
from leads.model import number_id
from leads.phones import CALLING_CODES, PhoneReader

Bytes = NDArray[np.uint8]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]

UNREADABLE = -1
"""Stands where a line holds no number; numbers are positive."""

_ZERO, _NINE, _PLUS = ord("0"), ord("9"), ord("+")
_MOST_DIGITS = 17
_FILLING = " \t\r\n\"'().-"
"""What may stand anywhere in a number and says nothing."""

_POWERS = 10 ** np.arange(_MOST_DIGITS + 2, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Cells:
    """The same cell of many lines.

    Attributes:
        data: the bytes they stand in.
        starts: where each begins.
        ends: where each ends.
    """

    data: Bytes
    starts: Counts
    ends: Counts

    def text(self, at: int) -> str:
        """Return one cell as it is written."""
        return self.data[self.starts[at] : self.ends[at]].tobytes().decode("utf-8", "replace")


def read_number(text: str, *, region: str | None) -> int:
    """Return the digits of E.164 of one text, or `UNREADABLE`.

    Digits that cannot be a number of the region are taken for an international number
    without its plus. The library reads letters as keys of a telephone; here they are no part
    of a number, and those in what a spreadsheet made of one ("4.79E+10") are none.
    """
    if _LETTER.search(text):
        return UNREADABLE
    text = text.translate(_WITHOUT_FILLING)
    number = _possible(text, region)
    if number == UNREADABLE and text.isascii() and text.isdigit():
        return _possible(f"+{text}", None)
    return number


_LETTER = re.compile("[A-Za-z]")
_WITHOUT_FILLING = str.maketrans("", "", _FILLING)


def _possible(text: str, region: str | None) -> int:
    try:
        number = parse(text, region)
    except NumberParseException:
        return UNREADABLE
    if is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return UNREADABLE
    return number_id(format_number(number, PhoneNumberFormat.E164))


class LineReader:
    """Reads the lines of one register; what it has learnt serves all later batches."""

    def __init__(self, *, region: str | None) -> None:
        """Begin without knowledge.

        Args:
            region: ISO 3166 country of numbers written without one, in capitals, or None.
        """
        self._region = region
        self._phones = PhoneReader(region=region)
        self._national = None if region is None else _National.of(region)

    def read(self, columns: list[Cells]) -> Counts:
        """Return the number of each line, or `UNREADABLE`.

        Args:
            columns: the cells that make up a number together, in this order; one for most.
        """
        plus, values, lengths, plain = _digits(columns[0])
        for column in columns[1:]:
            signed, more, longer, sound = _digits(column)
            plain &= sound & ~signed & (lengths + longer <= _MOST_DIGITS)
            values = values * _POWERS[np.where(plain, longer, 0)] + more
            lengths = lengths + longer
        plain &= lengths > 0
        found = np.full(len(values), UNREADABLE, dtype=np.int64)
        international = plain & plus
        found[international] = _international(values[international], lengths[international])
        if self._national is not None:
            rows = np.flatnonzero(plain & ~plus)
            found[rows] = self._national.read(values[rows], lengths[rows])
        self._one_by_one(columns, np.flatnonzero(found == UNREADABLE), found)
        return found

    def _one_by_one(self, columns: list[Cells], rows: Counts, found: Counts) -> None:
        texts = ["".join(column.text(at) for column in columns) for at in rows.tolist()]
        for at, text, phone in zip(rows.tolist(), texts, self._phones.read(texts), strict=True):
            if isinstance(phone, str) or _LETTER.search(text):
                found[at] = read_number(text, region=self._region)
            else:
                found[at] = number_id(phone.e164)


def _digits(cells: Cells) -> tuple[Flags, Counts, Counts, Flags]:
    """Return of each cell: is there a plus, the value and count of its digits, is that all."""
    data, starts, ends = cells.data, cells.starts, cells.ends
    fill = _IS_FILLING[data]
    if fill.any():
        kept = np.concatenate(([0], np.cumsum(~fill, dtype=np.int64)))
        data, starts, ends = data[~fill], kept[starts], kept[ends]
    sizes = ends - starts
    if not len(data):
        nothing = np.zeros(len(starts), dtype=np.int64)
        return nothing > 0, nothing, nothing, nothing == 0
    plus = (data[np.minimum(starts, len(data) - 1)] == _PLUS) & (sizes > 0)
    lengths = sizes - plus
    digit = data - np.uint8(_ZERO)  # whatever is no digit becomes 10 or more
    odd = np.concatenate(([0], np.cumsum(digit > 9, dtype=np.int64)))  # noqa: PLR2004
    plain = (odd[ends] - odd[starts] == plus) & (lengths <= _MOST_DIGITS)
    lengths = np.where(plain, lengths, 0)
    values = np.zeros(len(starts), dtype=np.int64)
    for place in range(int(lengths.max(initial=0))):
        there = lengths > place
        at = np.where(there, ends - 1 - place, 0)
        values += np.where(there, digit[at], 0) * _POWERS[place]
    return plus, values, lengths, plain


_IS_FILLING = np.zeros(256, dtype=np.bool_)
_IS_FILLING[[ord(sign) for sign in _FILLING]] = True


def _begins(values: Counts, lengths: Counts, head: str) -> Flags:
    """Tell which numbers of so many digits begin with these."""
    behind = lengths - len(head)
    heads = values // _POWERS[np.maximum(behind, 0)]
    return np.asarray((behind >= 0) & (heads == int(head)))


def _international(values: Counts, lengths: Counts) -> Counts:
    """Return the numbers whose calling code comes first; in doubt they are unreadable."""
    found = np.full(len(values), UNREADABLE, dtype=np.int64)
    sound = lengths > 3  # noqa: PLR2004
    heads = values // _POWERS[np.maximum(lengths - 3, 0)]
    codes = CALLING_CODES[np.where(sound & (heads < 1000), heads, 0)]  # noqa: PLR2004
    for code in np.unique(codes).tolist():
        rules = _rules(code) if code else None
        if rules is None:
            continue
        rows = np.flatnonzero(codes == code)
        left = lengths[rows] - len(str(code))
        rest = values[rows] - code * _POWERS[left]
        whole = rules.possible[left]
        for prefix in rules.national:
            whole &= ~_begins(rest, left, prefix)
        found[rows[whole]] = values[rows[whole]]
    return found


@dataclass(frozen=True, slots=True)
class _Rules:
    """What the library does with the digits behind a calling code.

    Attributes:
        possible: for each count of digits whether a number may have it.
        national: prefixes that are taken off where they stand.
    """

    possible: Flags
    national: tuple[str, ...]


@cache
def _rules(code: int) -> _Rules | None:
    """Return the rules of a calling code, or None where prefixes are more than digits."""
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(
        code, region_code_for_country_code(code)
    )
    if metadata is None:
        return None
    national = _literals(metadata.national_prefix_for_parsing)
    return None if national is None else _Rules(_possible_lengths(metadata), national)


def _possible_lengths(metadata: PhoneMetadata) -> Flags:
    lengths = np.zeros(_MOST_DIGITS + 2, dtype=np.bool_)
    assert metadata.general_desc is not None
    lengths[[size for size in metadata.general_desc.possible_length if size > 0]] = True
    return lengths


def _literals(pattern: str | None) -> tuple[str, ...] | None:
    """Return the alternatives of a pattern that is digits alone, or None."""
    if pattern is None:
        return ()
    parts = tuple(pattern.split("|"))
    return parts if all(part.isascii() and part.isdigit() for part in parts) else None


@dataclass(frozen=True, slots=True)
class _National:
    """How digits without a plus are read in a region whose prefixes are digits alone.

    Attributes:
        code: the calling code.
        abroad: the international prefix.
        prefixes: national prefixes.
        rules: of the calling code.
        own: counts of digits that are possible in the region itself.
        pattern: what numbers of the region look like, and its automaton.
    """

    code: int
    abroad: str
    prefixes: tuple[str, ...]
    rules: _Rules
    own: Flags
    pattern: "re.Pattern[str]"
    automaton: Automaton

    @staticmethod
    def of(region: str) -> "_National | None":
        """Return how a region reads digits; None: its rules are more than this knows."""
        metadata = PhoneMetadata.metadata_for_region(region, None)
        if metadata is None or metadata.general_desc is None:
            return None
        code = country_code_for_region(region)
        abroad = _literals(metadata.international_prefix)
        prefixes = _literals(metadata.national_prefix_for_parsing)
        rules = _rules(code)
        pattern = metadata.general_desc.national_number_pattern
        if prefixes is None or rules is None or abroad is None or pattern is None:
            return None
        if len(abroad) != 1 or metadata.national_prefix_transform_rule:
            return None
        try:
            automaton = distinguish([pattern])
        except UnsupportedPatternError:
            return None
        return _National(
            code=code,
            abroad=abroad[0],
            prefixes=prefixes,
            rules=rules,
            own=_possible_lengths(metadata),
            pattern=re.compile(pattern),
            automaton=automaton,
        )

    def read(self, values: Counts, lengths: Counts) -> Counts:
        """Return the numbers of digits without a plus; in doubt they are unreadable."""
        found = np.full(len(values), UNREADABLE, dtype=np.int64)
        width = len(str(self.code))
        abroad = _begins(values, lengths, self.abroad)
        behind = np.maximum(lengths - len(self.abroad), 0)
        found[abroad] = _international(values[abroad] % _POWERS[behind[abroad]], behind[abroad])
        coded = ~abroad & _begins(values, lengths, str(self.code))
        # Too long to be national: the calling code stands before it.
        long = coded & (lengths > np.flatnonzero(self.own)[-1])
        left = np.maximum(lengths - width, 0)
        found[long] = _international(values[long], lengths[long])
        # A national number that begins as the calling code does.
        short = np.flatnonzero(coded & ~long)
        kept = short[self._matches(values[short], lengths[short])]
        kept = kept[self.rules.possible[lengths[kept]]]
        found[kept] = values[kept] + self.code * _POWERS[lengths[kept]]
        prefixed = np.zeros(len(values), dtype=np.bool_)
        for prefix in self.prefixes:
            these = ~abroad & _begins(values, lengths, prefix)
            some = np.flatnonzero(these & ~coded & ~prefixed)
            self._without(prefix, some, values, lengths, found)
            prefixed |= these
        plain = ~abroad & ~coded & ~prefixed
        national = plain & self.rules.possible[lengths]
        found[national] = values[national] + self.code * _POWERS[lengths[national]]
        bare = plain & ~self.rules.possible[lengths] & (left >= 0)
        found[bare] = _international(values[bare], lengths[bare])
        # Where a prefix begins as the calling code does, the library is asked.
        found[prefixed & coded] = UNREADABLE
        return found

    def _without(
        self, prefix: str, rows: Counts, values: Counts, lengths: Counts, found: Counts
    ) -> None:
        """Take a national prefix off, unless only the whole is a number of the region."""
        left = lengths[rows] - len(prefix)
        rest = values[rows] % _POWERS[left]
        stays = self.own[lengths[rows]]
        asked = np.flatnonzero(stays)
        stays[asked] = self._matches(values[rows[asked]], lengths[rows[asked]])
        taken = ~stays & self.rules.possible[left] & self.own[left]
        # Another prefix behind the first one is the library's matter.
        for again in self.rules.national:
            taken &= ~_begins(rest, left, again)
        found[rows[taken]] = rest[taken] + self.code * _POWERS[left[taken]]

    def _matches(self, values: Counts, lengths: Counts) -> Flags:
        """Tell which digits look like a number of the region."""
        if not len(values):
            return np.zeros(0, dtype=np.bool_)
        digits = np.full((len(values), _MOST_DIGITS), PAD, dtype=np.uint8)
        for place in range(int(lengths.max())):
            behind = lengths - 1 - place
            there = behind >= 0
            digit = values // _POWERS[np.maximum(behind, 0)] % 10
            digits[:, place] = np.where(there, digit, PAD)
        state = self.automaton.run(digits).astype(np.int64)
        _, first, kind = np.unique(
            state * (_MOST_DIGITS + 1) + lengths, return_index=True, return_inverse=True
        )
        texts = (str(values[at]).zfill(int(lengths[at])) for at in first)
        matched = np.array([self.pattern.fullmatch(text) is not None for text in texts])
        return np.asarray(matched[kind])
