"""Commits are cut as often as there is time for; a campaign may end meanwhile."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from tests.asterisk.site import EngineProcess
from tests.faults.databases import cut_commit, way_to_the_base
from tests.faults.scene import Ground


class Dials(EngineProcess):
    """An engine that ends when so many of its commits were cut."""

    said = "it is done"

    def __init__(self, ground: Ground, *, cuts: int) -> None:
        self._ground, self._left = ground, cuts

    @property
    def lives(self) -> bool:
        if self._left and self._ground.base_proxy.breaks_at is not None:
            self._ground.base_proxy.breaks_at = None
            self._left -= 1
            return True
        return self._left > 0


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    url = "postgresql+psycopg://somebody@127.0.0.1:1/none"
    ours = Ground(folder=tmp_path, url=url, random=Random(1))
    with way_to_the_base(ours):
        yield ours


@pytest.mark.parametrize(("cuts", "told"), [(1, 1), (2, 2), (3, 3), (4, 3)])
def test_an_engine_may_end_after_a_cut(ground: Ground, cuts: int, told: int) -> None:
    scene: Any = SimpleNamespace(ground=ground, random=Random(1), engine=Dials(ground, cuts=cuts))
    assert cut_commit(scene).count("carried out") == told


def test_where_no_commit_was_cut_the_round_proves_nothing(ground: Ground) -> None:
    scene: Any = SimpleNamespace(ground=ground, random=Random(1), engine=Dials(ground, cuts=0))
    with pytest.raises(AssertionError, match="the engine ended"):
        cut_commit(scene)
