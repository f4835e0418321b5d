"""Many lines at once against the library, one by one: the same number or the same refusal."""

import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from phonenumbers import SUPPORTED_REGIONS, country_code_for_region

from leads.registry_lines import UNREADABLE, Cells, LineReader, read_number

REGIONS = sorted(SUPPORTED_REGIONS)
MANY = [
    "NO",
    "SE",
    "DK",
    "FI",
    "PL",
    "TR",
    "TW",
    "DE",
    "GB",
    "US",
    "FR",
    "IT",
    "AU",
    "BR",
    "MX",
    "AR",
    "CN",
    "JP",
    "RU",
    "KZ",
    "IN",
    "HU",
    "LT",
    "BY",
]

regions = st.sampled_from(MANY) | st.sampled_from(REGIONS) | st.none()
signs = st.sampled_from(["", "", "+", "00", "0", "011", "1", "8", "+{}", "{}", "00{}", "{}0"])
bodies = st.text("0123456789", min_size=1, max_size=14)
punctuation = st.sampled_from(["", " ", "-", ".", "(", ") "])


def cells(texts: list[str]) -> Cells:
    encoded = [text.encode() for text in texts]
    ends = np.cumsum([len(text) + 1 for text in encoded]) - 1
    sizes = np.array([len(text) for text in encoded], dtype=np.int64)
    return Cells(np.frombuffer(b"\n".join(encoded) or b"\n", dtype=np.uint8), ends - sizes, ends)


def read(texts: list[str], region: str | None) -> list[int]:
    return [int(number) for number in LineReader(region=region).read([cells(texts)])]


@given(
    regions,
    st.lists(st.tuples(signs, bodies, punctuation, st.integers(0, 8)), min_size=1, max_size=40),
)
@example("NO", [("", "47224482", "", 0), ("{}", "22448200", "", 0), ("", "46701740605", "", 0)])
@example("SE", [("0", "701740605", "", 0), ("0", "0", "", 0), ("{}0", "701740605", "", 0)])
@example("IT", [("0", "612345678", "", 0), ("+39", "0612345678", "", 0)])
def test_lines_are_read_as_the_library_reads_each_of_them(
    region: str | None, lines: list[tuple[str, str, str, int]]
) -> None:
    code = str(country_code_for_region(region) if region else 47)
    texts = []
    for sign, body, between, at in lines:
        text = sign.format(code) + body
        texts.append(text[: at + 1] + between + text[at + 1 :])
    assert read(texts, region) == [read_number(text, region=region) for text in texts]


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+4722448200", None, 4722448200),
        ("22 44 82 00", "NO", 4722448200),
        ('"22448200"', "NO", 4722448200),
        ("4722448200", "NO", 4722448200),
        ("004722448200", "NO", 4722448200),
        ("47224482", "NO", 4747224482),
        ("070-174 06 05", "SE", 46701740605),
        ("(212) 555-0100", "US", 12125550100),
        ("06 1234 5678", "IT", 390612345678),
        # No number of the region has this length: the calling code stands before it.
        ("46701740605", "NO", 46701740605),
        ("46701740605", None, 46701740605),
        # Nobody has it today, and it may be listed all the same.
        ("11111111", "NO", 4711111111),
        ("", "NO", UNREADABLE),
        ("unknown", "NO", UNREADABLE),
        ("123", "NO", UNREADABLE),
        ("22448200", None, UNREADABLE),
        ("4.722448E+09", "NO", UNREADABLE),
        ("800 FLOWERS", "US", UNREADABLE),
        ("1" * 40, "NO", UNREADABLE),
    ],
)
def test_spellings(text: str, region: str | None, number: int) -> None:
    assert read_number(text, region=region) == number
    assert read([text], region) == [number]
    assert read(["+4722448200", text, "+4722448201"], region)[1] == number


def test_an_area_code_in_a_column_of_its_own_is_joined() -> None:
    areas, rest = ["212", "0212", "", "x", "212"], ["5550100", "555-0100", "2125550100", "1", "+1"]
    found = LineReader(region="US").read([cells(areas), cells(rest)])
    joined = [read_number(a + b, region="US") for a, b in zip(areas, rest, strict=True)]
    assert found.tolist() == joined
    assert joined[0] == joined[2] == 12125550100


def test_the_fast_way_is_taken_for_what_registers_are_made_of() -> None:
    for region, form in (("NO", "4{:07}"), ("SE", "070{:07}"), ("US", "212{:07}")):
        reader = LineReader(region=region)
        reader._one_by_one = lambda *_: None  # type: ignore[method-assign]
        texts = [form.format(n * 997 % 10**7) for n in range(1000)]
        assert (reader.read([cells(texts)]) > 0).all(), region
    assert re.fullmatch("[A-Z]{2}", REGIONS[0])
