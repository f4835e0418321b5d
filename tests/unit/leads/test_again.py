"""What is done again after a lost connection, and for how long."""

from collections.abc import Iterator

import pytest

from leads.again import again_if_lost
from leads.errors import DatabaseError, DoubtfulError, LostError, RingbankError, UsageError

LOST, DOUBTFUL, DOWN = LostError("lost"), DoubtfulError("who knows"), DatabaseError("refused")


class Work:
    """Fails with each of some errors in turn, then comes to something."""

    def __init__(self, *errors: RingbankError) -> None:
        self._errors: Iterator[RingbankError] = iter(errors)
        self.tries = 0
        self.waits: list[float] = []

    def __call__(self) -> str:
        self.tries += 1
        if (error := next(self._errors, None)) is not None:
            raise error
        return "done"

    def again(self, *, even_in_doubt: bool = False) -> str:
        return again_if_lost(self, even_in_doubt=even_in_doubt, sleep=self.waits.append)


@pytest.mark.parametrize(
    ("errors", "tries"),
    [
        ((), 1),
        ((LOST,), 2),
        ((LOST, LOST, LOST), 4),
        ((LOST, DOWN, DOWN), 4),  # the server is started again
    ],
)
def test_what_was_lost_is_done_again(errors: tuple[RingbankError, ...], tries: int) -> None:
    work = Work(*errors)
    assert work.again() == "done"
    assert (work.tries, len(work.waits)) == (tries, tries - 1)


@pytest.mark.parametrize(
    "errors",
    [
        (DOWN,),
        (DOUBTFUL,),
        (LOST, DOUBTFUL),
        (UsageError("no such thing"),),
        (LOST, UsageError("no")),
    ],
)
def test_what_may_not_be_done_again_is_told(errors: tuple[RingbankError, ...]) -> None:
    work = Work(*errors)
    with pytest.raises(type(errors[-1])) as told:
        work.again()
    assert told.value is errors[-1]
    assert work.tries == len(errors)


def test_what_is_the_same_twice_is_done_again_in_doubt_too() -> None:
    work = Work(DOUBTFUL, DOWN, LOST)
    assert work.again(even_in_doubt=True) == "done"
    assert work.tries == 4


def test_a_base_that_does_not_come_back_is_told_in_the_end() -> None:
    work = Work(LOST, *[DOWN] * 50)
    with pytest.raises(DatabaseError, match="refused"):
        work.again()
    assert 5 < sum(work.waits) < 15
    assert work.waits == sorted(work.waits)
