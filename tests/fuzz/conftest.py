"""Longer runs may take longer."""

from pathlib import Path

import pytest

from tests.fuzz.mutations import EXAMPLES

_SECONDS_AN_EXAMPLE = 1
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(60 + EXAMPLES * _SECONDS_AN_EXAMPLE))
