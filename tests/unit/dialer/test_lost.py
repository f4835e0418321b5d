"""Every command whose change may be lost names a command by which one can look."""

import pytest

from campaigns.roles import FOR_ROLES
from dialer import lost

COMMANDS = sorted(FOR_ROLES)


@pytest.mark.parametrize("command", COMMANDS)
def test_where_to_look_is_a_command_that_shows_something(command: str) -> None:
    program, *words = lost.look_after(command).partition(",")[0].split()
    assert program == "ringbank"
    named = [word for word in words if word.islower()]
    looks = " ".join(named)
    assert looks in FOR_ROLES
    assert looks in lost.READS or looks in {"next", "leads show", "orders list", "tasks list"}


def test_what_only_reads_is_a_command() -> None:
    assert lost.READS.issubset(COMMANDS)


@pytest.mark.parametrize(
    ("command", "look"),
    [
        ("agents ready", "ringbank agents list"),
        ("dnc add", "ringbank dnc list"),
        ("dnc import", "ringbank dnc registries"),
        ("leads merge", "ringbank leads show ID"),
        ("leads import", "ringbank lists show NAME"),
        ("run", "ringbank status"),
    ],
)
def test_where_to_look(command: str, look: str) -> None:
    assert lost.look_after(command) == look
