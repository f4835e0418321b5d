"""Many telephone numbers at once, with the verdict that `parse_phone` gives each of them.

`phonenumbers` is asked once for every kind of spelling instead of once for every text. Its
own metadata say when two texts are of one kind: they have the same length, and after every
prefix that the library may take off (international and national prefix, calling code) the
rest ends in the same state of an automaton that stands for all patterns of the calling code,
and has the same longest prefix in the table of time zones. No rule of the library is written
down here, so that a new version of it needs no new version of this; what does not fit goes
to `parse_phone` text by text.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from phonenumbers import (
    PhoneMetadata,
    country_code_for_region,
    region_code_for_country_code,
)
from phonenumbers.data import _COUNTRY_CODE_TO_REGION_CODE

from leads.automaton import PAD, Automaton, UnsupportedPatternError, distinguish, longest_prefix
from leads.model import Phone, e164_of, number_id
from leads.phone import AREA_CODE_DIGITS, NORTH_AMERICA, ZONE_PREFIXES, parse_phone

_WIDTH = 32
"""Longer texts are rare and are read one by one."""

_FEWEST_DIGITS, _MOST_DIGITS = 4, 17
"""Below and above, the library answers by other rules than patterns."""

_WORTH_AN_AUTOMATON = 300
"""Rows of one calling code, over all batches, that pay for making its automaton."""

_PUNCTUATION = np.frombuffer(" \u00a0-./()".encode("utf-32-le"), dtype=np.uint32)
_ZERO = ord("0")

_Digits = NDArray[np.uint8]
_Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What is common to all texts of a kind.

    Attributes:
        at: which of the reader's verdicts it is.
        is_number: whether that is a number.
        cut: leading digits of the text that are no part of the national number.
    """

    at: int
    is_number: bool
    cut: int = 0


_Key = tuple[int, ...]


class PhoneReader:
    """Reads texts with numbers of one list; what it has learnt serves all later batches.

    Attributes:
        verdicts: every answer met so far: why a text is no number, or one of the numbers of
            which the same is known.
    """

    def __init__(self, *, region: str | None, worth: int = _WORTH_AN_AUTOMATON) -> None:
        """Begin without knowledge.

        Args:
            region: ISO 3166 country of numbers written without one, in capitals, or None.
            worth: texts of one calling code, over all batches, for which an automaton is made.
        """
        self._region = region
        self._worth = worth
        self._seen: Counter[int] = Counter()
        self._verdicts: dict[_Key, _Verdict | None] = {}
        self._single: dict[str, tuple[int, int]] = {}
        self.verdicts: list[Phone | str] = []
        self._places: dict[object, int] = {}

    def read(self, texts: Sequence[str]) -> list[Phone | str]:
        """Return for each text the number or the reason why it is none, as `parse_phone`."""
        ids, verdicts = self.numbers(texts)
        return [self.answer(*found) for found in zip(ids.tolist(), verdicts.tolist(), strict=True)]

    def answer(self, number: int, verdict: int) -> Phone | str:
        """Return one pair of what `numbers` gives as `parse_phone` would say it."""
        known = self.verdicts[verdict]
        return known if isinstance(known, str) else replace(known, e164=e164_of(number))

    def numbers(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return for each text the id of its number, 0 for none, and which verdict it has."""
        found = _Found(np.zeros(len(texts), np.int64), np.full(len(texts), -1, np.int64))
        if len(texts):
            plus, digits, lengths, plain = _matrix(texts)
            for group in self._groups(plus, digits, lengths, np.flatnonzero(plain)):
                self._read_group(group, texts, found)
        for row in np.flatnonzero(found.verdicts < 0).tolist():
            found.ids[row], found.verdicts[row] = self._one(texts[row])
        return found.ids, found.verdicts

    def _one(self, text: str) -> tuple[int, int]:
        known = self._single.get(text)
        if known is None:
            answer = parse_phone(text, region=self._region)
            number = 0 if isinstance(answer, str) else number_id(answer.e164)
            known = number, self._place(answer)
            if len(self._single) < _MOST_REMEMBERED:
                self._single[text] = known
        return known

    def _place(self, answer: Phone | str) -> int:
        """Return where in `verdicts` an answer stands, whatever the digits are."""
        key: object = answer
        if isinstance(answer, Phone):
            key = (answer.kind, answer.region, answer.zones)
        at = self._places.setdefault(key, len(self.verdicts))
        if at == len(self.verdicts):
            self.verdicts.append(answer)
        return at

    def _pays(self, code: int, rows: int) -> bool:
        self._seen[code] += rows
        return rows > 0 and self._seen[code] >= self._worth

    def _groups(
        self, plus: NDArray[np.bool_], digits: _Digits, lengths: _Counts, rows: _Counts
    ) -> Iterator["_Group"]:
        """Part the rows by calling code, with the international prefix taken off."""
        region = self._region
        international = plus[rows]
        taken = np.zeros(len(rows), dtype=np.int64)
        if region is not None:
            home = _prefixes(_international(_metadata(region)), digits, lengths, rows)
            abroad = ~international & (home > 0)
            taken[abroad] = home[abroad]
            national = rows[~international & (home == 0)]
            code = country_code_for_region(region)
            if self._pays(code, len(national)):
                yield _Group(code, region, national, digits[national], lengths[national])
            international = international | abroad
        for offset in np.unique(taken):
            some = rows[international & (taken == offset)]
            shifted = _shifted(digits[some], int(offset))
            heads = shifted[:, :3].astype(np.int64) @ np.array([100, 10, 1])
            codes = CALLING_CODES[np.where(shifted[:, 2] == PAD, 0, heads)]
            for code in np.unique(codes[codes > 0]):
                at = codes == code
                if self._pays(int(code), int(np.count_nonzero(at))):
                    width = len(str(code))
                    yield _Group(
                        int(code),
                        None,
                        some[at],
                        _shifted(shifted[at], width),
                        lengths[some[at]] - int(offset) - width,
                    )

    def _read_group(self, group: "_Group", texts: Sequence[str], found: "_Found") -> None:
        patterns = _patterns(group.code)
        if patterns is None:
            return
        zones = _zone_prefixes(group.code)
        for cuts, at in group.cuts():
            columns: list[NDArray[Any]] = [group.lengths[at]]
            for cut in cuts:
                rest = _shifted(group.digits[at], cut)
                columns += [patterns.run(rest), zones.run(rest)]
            first, kind = _kinds(columns)
            rows = group.rows[at]
            head = (group.code, -1 if group.region is None else 1, len(cuts), *cuts)
            verdicts = [
                self._verdict(
                    (*head, *(int(column[row]) for column in columns)),
                    group,
                    cuts,
                    texts[rows[row]],
                    group.text(at[row]),
                )
                for row in first
            ]
            for number, verdict in enumerate(verdicts):
                if verdict is None:
                    continue
                these = np.flatnonzero(kind == number)
                found.verdicts[rows[these]] = verdict.at
                if verdict.is_number:
                    found.ids[rows[these]] = group.ids(at[these], verdict.cut)

    def _verdict(
        self, key: _Key, group: "_Group", cuts: Sequence[int], text: str, digits: str
    ) -> _Verdict | None:
        """Return what the library says of one text of a kind; None: ask for each of them."""
        if key not in self._verdicts:
            answer = parse_phone(text, region=self._region)
            place = self._place(answer)
            if isinstance(answer, str):
                self._verdicts[key] = _Verdict(at=place, is_number=False)
            else:
                cut = next((c for c in cuts if answer.e164 == f"+{group.code}{digits[c:]}"), None)
                self._verdicts[key] = (
                    None if cut is None else _Verdict(at=place, is_number=True, cut=cut)
                )
        return self._verdicts[key]


_MOST_REMEMBERED = 100_000
"""Texts whose answers are kept: the same odd spelling often comes again."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What is known of a batch as yet: the ids of numbers, and verdicts, -1 where not known."""

    ids: NDArray[np.int64]
    verdicts: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows of one calling code.

    Attributes:
        code: the calling code.
        region: whose national numbers these are; None where the calling code was written.
        rows: where they stand in the batch.
        digits: what follows an international prefix and a calling code that was written.
        lengths: how many digits each of them has.
    """

    code: int
    region: str | None
    rows: _Counts
    digits: _Digits
    lengths: _Counts

    def cuts(self) -> Iterator[tuple[tuple[int, ...], _Counts]]:
        """Part the rows by how many leading digits the library might take off.

        Rows that one of the library's prefix rules would rewrite are left out.
        """
        everyone = np.arange(len(self.rows))
        main = _metadata_of(self.code)
        if self.region is None:
            columns = [_prefixes(_national(main), self.digits, self.lengths, everyone)]
        else:
            own = _metadata(self.region)
            columns = [_prefixes(_national(own), self.digits, self.lengths, everyone)]
            code = np.array([int(digit) for digit in str(self.code)], dtype=np.uint8)
            width = len(code)
            coded = (self.digits[:, :width] == code).all(axis=1)
            after = np.zeros(len(self.rows), dtype=np.int64)
            again = np.zeros(len(self.rows), dtype=np.int64)
            with_code = np.flatnonzero(coded)
            rest, left = _shifted(self.digits[with_code], width), self.lengths[with_code] - width
            every = np.arange(len(with_code))
            after[with_code] = _prefixes(_national(own), rest, left, every)
            for cut in np.unique(after[with_code]):
                if cut < 0:
                    continue
                some = with_code[after[with_code] == cut]
                rest = _shifted(self.digits[some], width + int(cut))
                left = self.lengths[some] - width - int(cut)
                again[some] = _prefixes(_national(main), rest, left, np.arange(len(some)))
            columns += [np.where(coded, width, 0), after, again]
        for chosen in np.unique(np.column_stack(columns), axis=0):
            if (chosen < 0).any():
                continue
            at = np.flatnonzero(
                np.all([column == cut for column, cut in zip(columns, chosen, strict=True)], axis=0)
            )
            cuts = {0, int(chosen[0])}
            if self.region is not None and chosen[1]:
                width, after_code, twice = (int(cut) for cut in chosen[1:])
                cuts |= {width, width + after_code, width + after_code + twice}
            yield tuple(sorted(cuts)), at

    def text(self, at: int) -> str:
        """Return the digits of one row."""
        row = self.digits[at]
        return "".join(map(str, row[row != PAD].tolist()))

    def ids(self, at: _Counts, cut: int) -> NDArray[np.int64]:
        """Return the rows as ids of numbers, the leading digits taken off."""
        length = int(self.lengths[at[0]]) - cut  # one length for a kind
        powers = 10 ** np.arange(length - 1, -1, -1, dtype=np.int64)
        national = self.digits[at, cut : cut + length].astype(np.int64) @ powers
        return national + np.int64(self.code * 10**length)


def _matrix(
    texts: Sequence[str],
) -> tuple[NDArray[np.bool_], _Digits, _Counts, NDArray[np.bool_]]:
    """Return of each text: a plus in front, its digits, how many, whether it is plain.

    Plain: nothing but a plus in front, ASCII digits and the signs that part them.
    """
    stripped = [text.strip() for text in texts]
    sizes = np.fromiter(map(len, stripped), dtype=np.int64, count=len(stripped))
    points = np.array(stripped, dtype=f"U{_WIDTH}").view(np.uint32).reshape(len(texts), _WIDTH)
    is_digit = (points >= _ZERO) & (points <= ord("9"))
    plus = points[:, 0] == ord("+")
    known = is_digit | (points == 0)
    for sign in _PUNCTUATION:
        known |= points == sign
    known[:, 0] |= plus
    counts = is_digit.sum(axis=1)
    plain = known.all(axis=1) & (sizes <= _WIDTH) & (counts >= _FEWEST_DIGITS)
    plain &= counts <= _MOST_DIGITS
    # A NUL is no end: numpy fills up with them, so the last sign has to stand at the end.
    plain &= (points != 0).sum(axis=1) == np.minimum(sizes, _WIDTH)
    rows, at = np.nonzero(is_digit & plain[:, None])
    counted = np.where(plain, counts, 0)
    starts = np.cumsum(counted) - counted
    digits = np.full((len(texts), _MOST_DIGITS + 1), PAD, dtype=np.uint8)
    digits[rows, np.arange(len(rows)) - starts[rows]] = (points[rows, at] - _ZERO).astype(np.uint8)
    return plus, digits, counts.astype(np.int64), plain


def _shifted(digits: _Digits, cut: int) -> _Digits:
    """Return the digits without the first ones."""
    if cut == 0:
        return digits
    rest = np.full_like(digits, PAD)
    rest[:, :-cut] = digits[:, cut:]
    return rest


def _prefixes(
    pattern: "_Prefix | None", digits: _Digits, lengths: _Counts, rows: _Counts
) -> _Counts:
    """Return how many leading digits of each row a prefix rule takes off; -1: it rewrites."""
    cuts = np.zeros(len(rows), dtype=np.int64)
    if pattern is None or not len(rows):
        return cuts
    if pattern.text.isdigit():
        literal = np.array([int(digit) for digit in pattern.text], dtype=np.uint8)
        cuts[(digits[rows, : len(literal)] == literal).all(axis=1)] = len(literal)
    else:
        find = re.compile(pattern.text).match
        letters = (digits[rows] + _ZERO).astype(np.uint8)
        for number, (row, length) in enumerate(zip(letters, lengths[rows], strict=True)):
            match = find(row[:length].tobytes().decode("ascii"))
            if match:
                rewritten = pattern.rewrites and match.re.groups and match[match.re.groups]
                cuts[number] = -1 if rewritten else match.end()
    if not pattern.before_zero:
        # The library takes no international prefix off before a zero: ask it for these.
        following = digits[rows, np.clip(cuts, 0, None)]
        cuts[(cuts > 0) & (following == 0)] = -1
    return cuts


@dataclass(frozen=True, slots=True)
class _Prefix:
    """A prefix that the library takes off.

    Attributes:
        text: digits, or a pattern.
        rewrites: the rest becomes another number where the last group of the pattern matched.
        before_zero: it is also taken off where a zero follows.
    """

    text: str
    rewrites: bool
    before_zero: bool


def _international(metadata: PhoneMetadata) -> _Prefix | None:
    text = metadata.international_prefix
    return _Prefix(text, rewrites=False, before_zero=False) if text else None


def _national(metadata: PhoneMetadata) -> _Prefix | None:
    text = metadata.national_prefix_for_parsing
    if not text:
        return None
    rewrites = bool(metadata.national_prefix_transform_rule)
    return _Prefix(text, rewrites=rewrites, before_zero=True)


def _kinds(columns: Sequence[NDArray[Any]]) -> tuple[_Counts, _Counts]:
    """Return a row of each kind, and the kind of each row: rows alike in all columns."""
    code = np.zeros(len(columns[0]), dtype=np.int64)
    first = code[:1]
    for column in columns:
        span = int(column.max()) + 2
        _, first, code = np.unique(
            code * span + (column + 1), return_index=True, return_inverse=True
        )
    return first, code


def _metadata(region: str) -> PhoneMetadata:
    metadata = PhoneMetadata.metadata_for_region(region, None)
    assert metadata is not None
    return metadata


def _metadata_of(code: int) -> PhoneMetadata:
    """Return the rules by which numbers of a calling code are read."""
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(
        code, region_code_for_country_code(code)
    )
    assert metadata is not None
    return metadata


@cache
def _patterns(code: int) -> Automaton | None:
    """Return the automaton of a calling code; None where a pattern is beyond it."""
    patterns: list[str] = []
    for region in _COUNTRY_CODE_TO_REGION_CODE[code]:
        metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
        assert metadata is not None
        for name in _DESCRIPTIONS:
            description = getattr(metadata, name)
            if description is not None and description.national_number_pattern:
                patterns.append(description.national_number_pattern)
        if metadata.leading_digits:
            patterns.append(f"(?:{metadata.leading_digits})\\d*")
    try:
        return distinguish(patterns)
    except UnsupportedPatternError:
        return None


_DESCRIPTIONS = (
    "general_desc",
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "personal_number",
    "voip",
    "pager",
    "uan",
    "voicemail",
)


@cache
def _zone_prefixes(code: int) -> Automaton:
    """Return the automaton of the prefixes that the table of time zones knows."""
    head = str(code)
    known = {prefix for prefix in ZONE_PREFIXES if prefix.startswith(head)}
    if code == NORTH_AMERICA:
        known |= {f"{head}{area}" for area in range(10**AREA_CODE_DIGITS)}
    return longest_prefix({prefix[len(head) :]: at for at, prefix in enumerate(sorted(known))})


def _calling_codes() -> _Counts:
    """Return the calling code that three digits begin with, 0 for none."""
    codes = np.zeros(1 << 12, dtype=np.int64)
    for code in _COUNTRY_CODE_TO_REGION_CODE:
        span = 10 ** (3 - len(str(code)))
        codes[code * span : (code + 1) * span] = code
    return codes


CALLING_CODES = _calling_codes()
"""The calling code that the first three digits of an international number begin with, or 0."""
