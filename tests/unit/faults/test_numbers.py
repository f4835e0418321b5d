"""A long fault campaign gives nobody's number to somebody else."""

from random import Random

from tests.faults.__main__ import _numbers
from tests.faults.plan import EXPECTED


def test_no_number_is_given_twice_in_a_thousand_rounds() -> None:
    number, random = _numbers(), Random(1)
    given = [number(ending) for ending in random.choices(tuple(EXPECTED), k=1000 * 40)]
    assert len({*given}) == len(given)
    assert "+4721000000" not in given, "that is who calls"
    assert {len(one) for one in given} == {len("+4721000000")}
