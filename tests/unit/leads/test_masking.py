"""Numbers that lists and notes repeat, hidden from whoever does not dial them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.masking import conceal

OSLO = "+4722448201"


@pytest.mark.parametrize(
    "written",
    [
        "+4722448201",
        "22448201",
        "22 44 82 01",
        "0047 22 44 82 01",
        "+47 (0) 22-44-82-01",
        "(+47) 22.44.82.01",
        "47/22448201",
        "22\u00a044\u00a082\u00a001",
        "٢٢٤٤٨٢٠١",
        "2244820122448201",
    ],
)
def test_a_number_is_hidden_however_it_is_written(written: str) -> None:
    assert conceal(f"call {written}, evenings", [OSLO]) == "call +4722****01, evenings"


def test_a_number_without_its_area_is_hidden() -> None:
    assert conceal("555 0123", ["+12125550123"]) == "+1212*****23"


@pytest.mark.parametrize(
    "text", ["22448202", "flat 201", "448201", "2026-12-01 18:30", "4111111111111111", "", "Åse"]
)
def test_whatever_else_is_written_stays(text: str) -> None:
    assert conceal(text, [OSLO]) == text


def test_it_is_hidden_however_deep_it_stands_and_nothing_else_changes() -> None:
    document = {"lead": {"id": 22448201, "name": "Åse"}, "notes": ["ring 22448201", None, True]}
    assert conceal(document, [OSLO]) == {
        "lead": {"id": 22448201, "name": "Åse"},
        "notes": ["ring +4722****01", None, True],
    }


def test_where_nothing_is_to_be_hidden_it_is_the_very_same() -> None:
    document = {"phone": OSLO}
    assert conceal(document, []) is document


@given(
    st.text(max_size=40), st.text(max_size=40), st.from_regex(r"[1-9][0-9]{7,14}", fullmatch=True)
)
def test_the_number_never_stands_in_what_is_shown(before: str, after: str, digits: str) -> None:
    shown = conceal(f"{before}+{digits}{after}", [f"+{digits}"])
    assert digits not in shown
