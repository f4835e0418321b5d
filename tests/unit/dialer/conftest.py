"""The house in which the switchboard is tried out."""

import pytest

from tests.unit.dialer.house import House


@pytest.fixture
def house() -> House:
    return House()
