"""An engine that a fault brings down is noticed, although the round starts another one."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.asterisk.site import EngineProcess

_THREAD_DIES = "import threading as t; a = t.Thread(target=lambda: 1 / 0); a.start(); a.join()"


def engine(folder: Path, program: str) -> EngineProcess:
    site = SimpleNamespace(folder=folder, config="none", environment=dict(os.environ), processes=[])
    return EngineProcess(site, (), ("-c", program))


@pytest.mark.parametrize(
    ("program", "wrong"),
    [
        ("pass", None),
        ("raise SystemExit(1)", "the engine ended with status 1"),
        (_THREAD_DIES, "an exception that nobody caught"),
    ],
)
def test_only_the_end_of_its_work_is_a_good_one(
    tmp_path: Path, program: str, wrong: str | None
) -> None:
    process = engine(tmp_path, program)
    process.ends(30)
    assert process.went_wrong == wrong


def test_whoever_was_killed_did_not_end_by_themselves(tmp_path: Path) -> None:
    process = engine(tmp_path, "import time; time.sleep(60)")
    assert process.went_wrong is None
    process.kill()
    assert process.went_wrong is None
