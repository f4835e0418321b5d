"""The language of segments: a text in, the tree of whom it means out, or the fault; pure.

    city = "Oslo" and last_disposition = "refusal:price" and not in list "existing"

`and` binds closer than `or`, `not` closest; parentheses say otherwise. Keywords may be
written in any case. Whether the names in a segment exist is asked of the tree
(`leads.segment_tree.unknown_words`); docs/segments.md teaches the language by examples.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache

from leads.problems import Problem
from leads.segment_tree import (
    UNITS_S,
    Ago,
    And,
    Compare,
    Field,
    HasConsent,
    InCampaign,
    InList,
    Known,
    Node,
    Not,
    OneOf,
    Op,
    Or,
    Suppressed,
    Value,
    placed,
)

LONGEST = 4000
"""Letters of one segment."""
DEEPEST = 20
"""How far parentheses and `not` may lie within one another."""
MOST_PARTS = 300
"""Conditions and values of one segment: the databases bound how long a statement may be."""

_TOKEN = re.compile(
    r"""
    (?P<blank>[\s\u00a0\u202f]+)
  | (?P<day>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?(?![\w-]))
  | (?P<number>[+-]?\d+(?:\.\d+)?(?![\w.]))
  | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<sign><=|>=|!=|==|[=<>(),])
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_WORD = re.compile(r"[^\W\d]\w*")
"""Apart from the others, because in a column's name every letter of the world counts."""
_NUMBER_AT_MOST = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,6})?")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SIGNS = {op.value: op for op in (Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE)} | {"==": Op.EQ}
_MOMENT_WORDS = {"before": Op.LT, "after": Op.GT}
_RESERVED = frozenset({
    "and", "or", "not", "in", "is", "has", "starts", "contains", "before", "after",
    "suppressed", "attribute",
})  # fmt: skip
_COMPARISONS = ("is", "in", "starts with", "contains", "before", "after")
_AGO_AT_MOST = re.compile(r"[0-9]{1,9}")
_EARLIEST_S = 200 * 366 * 86_400


@lru_cache(maxsize=256)
def parse(text: str) -> Node | Problem:
    """Return the tree that a text means, or the first thing that is wrong with it."""
    try:
        return _Parser(text, _tokens(text)).whole()
    except _FaultError as fault:
        return placed(text, fault.at, fault.why)


class _FaultError(Exception):
    def __init__(self, at: int, why: str) -> None:
        super().__init__(why)
        self.at = at
        self.why = why


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int

    @property
    def word(self) -> str:
        """Return a keyword in lower case, and nothing for what is no word."""
        return self.text.lower() if self.kind == "word" else ""


def _tokens(text: str) -> list[_Token]:
    if len(text) > LONGEST:
        raise _FaultError(
            LONGEST, f"is longer than {LONGEST} letters; put who is meant on a list of their own"
        )
    found: list[_Token] = []
    at = 0
    while at < len(text):
        match = _WORD.match(text, at) or _TOKEN.match(text, at)
        if match is None:
            raise _FaultError(at, _no_token(text, at))
        kind = match.lastgroup or "word"
        if kind != "blank":
            found.append(_Token(kind, match[0], at))
        at = match.end()
    return [*found, _Token("end", "", len(text))]


def _no_token(text: str, at: int) -> str:
    letter = text[at]
    if letter in "\"'":
        return "this quote is not closed; texts stand in quotes on both sides"
    if unicodedata.category(letter) in {"Pi", "Pf"} or letter == "„":
        return f'{letter} is no quote here; write straight ones: "Oslo"'
    if letter.isdigit() or (letter in "+-" and text[at + 1 : at + 2].isdigit()):
        return "this is neither a number nor a day; write texts in quotes"
    if unicodedata.category(letter)[0] == "C":
        return "there is a character here that cannot be seen; delete it"
    return f"{letter!r} means nothing here; write texts in quotes"


class _Parser:
    """Reads the tokens of one text from left to right."""

    def __init__(self, text: str, tokens: list[_Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._next = 0
        self._depth = 0
        self._parts = 0

    # -- tokens ----------------------------------------------------------------------

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    @property
    def _following(self) -> _Token:
        return self._tokens[min(self._next + 1, len(self._tokens) - 1)]

    def _take(self) -> _Token:
        token = self._token
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _takes(self, word: str) -> bool:
        if self._token.word != word and (self._token.kind != "sign" or self._token.text != word):
            return False
        self._take()
        return True

    def _fault(self, why: str, token: _Token | None = None) -> _FaultError:
        return _FaultError((token or self._token).at, why)

    # -- structure -------------------------------------------------------------------

    def whole(self) -> Node:
        if self._token.kind == "end":
            raise self._fault('is empty; write for example city = "Oslo"')
        node = self._either()
        if self._token.kind != "end":
            hint = (
                "there is no ( for it" if self._token.text == ")" else "write and or or before it"
            )
            raise self._fault(f"{self._token.text} is one too many; {hint}")
        return node

    def _either(self) -> Node:
        parts = [self._all()]
        while self._takes("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self) -> Node:
        parts = [self._one()]
        while self._takes("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self) -> Node:
        opening = self._token
        if not (self._takes("not") or self._takes("(")):
            return self._condition()
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._fault(f"lies more than {DEEPEST} deep; write it flatter", opening)
        if opening.text == "(":
            node = self._either()
            if not self._takes(")"):
                raise self._fault("the ( is not closed; write ) where it ends", opening)
        else:
            node = Not(self._one())
        self._depth -= 1
        return node

    def _count(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise self._fault(
                f"has more than {MOST_PARTS} conditions and values; "
                "put who is meant on a list of their own"
            )

    # -- conditions ------------------------------------------------------------------

    def _condition(self) -> Node:
        self._count()
        start = self._take()
        match start.word:
            case "in":
                return self._membership()
            case "has":
                if not self._takes("consent"):
                    raise self._fault('write has consent "KIND"')
                return HasConsent(self._quoted("the kind of consent"))
            case "suppressed":
                return Suppressed()
            case "attribute":
                name = self._quoted('the column, like attribute "Antall år"')
                return self._test(Field(name, quoted=True, at=start.at))
            case word if word and word not in _RESERVED:
                return self._test(Field(start.text, at=start.at))
        raise self._fault(self._no_condition(start), start)

    def _no_condition(self, start: _Token) -> str:
        if start.kind == "end":
            return 'something is missing at the end; write a condition, like city = "Oslo"'
        if start.word:
            return (
                f"{start.text} cannot stand here; for a column of that name write "
                f'attribute "{start.text}"'
            )
        return f"{start.text} cannot stand here; a condition begins with a field, like city"

    def _membership(self) -> Node:
        at = self._following.at
        if self._takes("list"):
            return InList(self._quoted("the list"), at)
        if self._takes("campaign"):
            return InCampaign(self._quoted("the campaign"), at)
        raise self._fault('write in list "NAME" or in campaign "NAME"')

    def _test(self, of: Field) -> Node:
        sign = self._token
        if sign.text in _SIGNS and sign.kind == "sign":
            return self._compare(of, _SIGNS[self._take().text])
        if sign.word in _MOMENT_WORDS:
            return self._compare(of, _MOMENT_WORDS[self._take().word])
        if self._takes("is"):
            return self._is(of)
        negated = self._takes("not")
        node = self._search(of)
        return Not(node) if negated else node

    def _search(self, of: Field) -> Node:
        if self._takes("in"):
            return self._one_of(of)
        if self._takes("contains"):
            return self._compare(of, Op.CONTAINS, text=True)
        if self._takes("starts"):
            if not self._takes("with"):
                raise self._fault('write starts with "..."')
            return self._compare(of, Op.STARTS, text=True)
        raise self._fault(self._no_comparison(of))

    def _no_comparison(self, of: Field) -> str:
        said = self._token
        if said.kind == "end" or said.word in {"and", "or"} or said.text == ")":
            return f"nothing is said of {of.name}; write for example {of.name} is known"
        near = get_close_matches(said.word, _COMPARISONS, n=1) if said.word else []
        hint = (
            f"did you mean {near[0]!r}?" if near else f"use =, !=, <, >, {', '.join(_COMPARISONS)}"
        )
        return f"{said.text} is no comparison; {hint}"

    def _is(self, of: Field) -> Node:
        negated = self._takes("not")
        if self._token.word in {"known", "unknown"}:
            return Known(of, (self._take().word == "known") is not negated)
        return self._compare(of, Op.NE if negated else Op.EQ)

    def _compare(self, of: Field, op: Op, *, text: bool = False) -> Node:
        at = self._token.at
        if text and self._token.kind not in {"text", "day"}:
            raise self._fault(f'{op} needs a text in quotes, like {op} "Os"')
        return Compare(of, op, self._value(), at)

    def _one_of(self, of: Field) -> Node:
        at = self._token.at
        if not self._takes("("):
            raise self._fault(f'write {of.name} in ("a", "b"), or in list "NAME" without a field')
        values = [self._value()]
        while self._takes(","):
            self._count()
            values.append(self._value())
        if not self._takes(")"):
            raise self._fault(
                "the values are not closed; write , before the next one or ) after it"
            )
        return OneOf(of, tuple(values), at)

    # -- values ----------------------------------------------------------------------

    def _quoted(self, what: str) -> str:
        if self._token.kind != "text":
            raise self._fault(f"write {what} in quotes here")
        return self._text_of(self._take())

    def _value(self) -> Value:
        token = self._take()
        if token.kind == "text":
            return self._text_of(token)
        if token.kind == "day":
            return token.text
        if token.kind == "number":
            return (
                self._ago(token)
                if self._token.kind == "word" and self._is_unit()
                else _number(token)
            )
        if token.kind == "word" and token.word not in _RESERVED:
            raise self._fault(f'a text stands in quotes; write "{token.text}"', token)
        raise self._fault("a value is missing here; write a text in quotes or a number", token)

    def _is_unit(self) -> bool:
        return self._token.word.removesuffix("s") in UNITS_S

    def _ago(self, number: _Token) -> Ago:
        unit = self._take().word.removesuffix("s")
        if not self._takes("ago"):
            raise self._fault(f"write {number.text} {unit}s ago")
        if not _AGO_AT_MOST.fullmatch(number.text):
            raise self._fault(f"write a whole number of {unit}s", number)
        if int(number.text) * UNITS_S[unit] > _EARLIEST_S:
            raise self._fault("lies more than two hundred years back; write fewer", number)
        return Ago(int(number.text), unit)

    def _text_of(self, token: _Token) -> str:
        for offset, letter in enumerate(token.text):
            if unicodedata.category(letter) in {"Cc", "Cs"}:
                raise _FaultError(
                    token.at + offset, "there is a character here that cannot be seen; delete it"
                )
        return _ESCAPED.sub(r"\1", token.text[1:-1])


def _number(token: _Token) -> Decimal:
    if not _NUMBER_AT_MOST.fullmatch(token.text):
        raise _FaultError(token.at, "is too long for a number; write it in quotes, as a text")
    # + 0: there is one zero, and it has no sign.
    return Decimal(token.text) + 0
