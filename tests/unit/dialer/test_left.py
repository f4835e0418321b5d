"""What is said of calls that an engine leaves: which, by campaign and masked number."""

import pytest

from dialer.left import told_of_left
from tests.unit.dialer.test_metrics import live

ONE = "tariff-switch +4722****{:02}"


@pytest.mark.parametrize(
    ("calls", "callers", "told"),
    [
        (0, 0, ""),
        (1, 0, f"1 call is still in flight, and the next start settles it: {ONE.format(0)}"),
        (0, 1, "1 call is still in flight, and the next start settles it: 1 who called us"),
        (
            2,
            0,
            "2 calls are still in flight, and the next start settles them: "
            f"{ONE.format(0)}, {ONE.format(1)}",
        ),
        (
            1,
            2,
            "3 calls are still in flight, and the next start settles them: "
            f"{ONE.format(0)}, 2 who called us",
        ),
    ],
)
def test_what_is_left_is_named(calls: int, callers: int, told: str) -> None:
    assert told_of_left([live(number) for number in range(calls)], callers) == told


def test_a_long_list_has_an_end() -> None:
    left = [live(number) for number in range(21)]
    assert told_of_left(left[:20], 0).count("+") == 20
    assert "more" not in told_of_left(left[:20], 0)
    assert told_of_left(left, 0).count("+") == 20
    assert told_of_left(left, 0).endswith(", and 1 more")
