"""Ids packed into bytes come back, and packing a million of them costs little."""

from hypothesis import given
from hypothesis import strategies as st

from leads.access import holds, pack, unpack

ids = st.sets(st.integers(min_value=1, max_value=2**62), min_size=1, max_size=50)


@given(ids)
def test_packed_ids_come_back_in_order(some: set[int]):
    assert unpack(pack(some)) == sorted(some)


@given(ids, ids)
def test_who_is_among_them_is_found_and_nobody_else(some: set[int], wanted: set[int]):
    assert holds(pack(some), wanted) == bool(some & wanted)


def test_a_million_people_fit_into_one_row():
    assert len(pack(range(1, 1_000_001))) < 20_000
