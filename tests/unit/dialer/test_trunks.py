"""A trunk is never asked for more than it has."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from dialer.trunks import Lines, Trunk


def lines(max_calls: int, a_second: int) -> Lines:
    return Lines(
        Trunk(
            name="main",
            channel="PJSIP/{number}@carrier",
            max_calls=max_calls,
            max_calls_per_second=a_second,
            caller_ids=("+4721000000",),
        )
    )


steps = st.lists(
    st.tuples(
        st.integers(0, 96).map(lambda ticks: ticks / 64),  # waited, exact in binary
        st.integers(0, 6),  # calls that end first
        st.integers(0, 8),  # calls somebody would like to begin
        st.booleans(),  # a call of an earlier process turns up
    ),
    max_size=40,
)


@given(st.integers(1, 7), st.integers(1, 5), steps)
def test_no_second_begins_and_no_moment_holds_more_than_allowed(
    max_calls: int, a_second: int, history: list[tuple[float, int, int, bool]]
) -> None:
    trunk, now_s, live = lines(max_calls, a_second), 1000.0, 0
    begun: deque[float] = deque()
    for waited_s, ended, wished, adopted in history:
        now_s += waited_s
        for _ in range(min(ended, live)):
            trunk.end()
            live -= 1
        if adopted:
            trunk.adopt()
            live += 1
        lately = sum(moment > now_s - 1 for moment in begun)
        room = trunk.room(now_s)
        assert room == max(0, min(max_calls - live, a_second - lately))
        for _ in range(min(wished, room)):
            trunk.begin(now_s)
            begun.append(now_s)
            live += 1
        assert trunk.used == live
        assert trunk.full == (live >= max_calls)
    for start in begun:
        assert sum(start <= moment < start + 1 for moment in begun) <= a_second


def test_a_second_later_the_rate_is_free_again_and_not_a_moment_before() -> None:
    trunk = lines(10, 2)
    trunk.begin(5.0)
    trunk.begin(5.5)
    assert trunk.room(5.984375) == 0
    assert trunk.room(6.0) == 1
    assert trunk.room(6.5) == 2


def test_adopted_calls_take_lines_but_no_rate() -> None:
    trunk = lines(3, 2)
    trunk.adopt()
    assert trunk.room(0.0) == 2
    trunk.adopt()
    trunk.adopt()
    trunk.adopt()
    assert (trunk.room(0.0), trunk.full) == (0, True)
