"""Health as a command for monitoring: an exit status, and why."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.conftest import Say


def test_no_campaign_runs(office: Path, say: Say, facts: Callable[..., Any]) -> None:
    assert say("health").stdout == "ok: nothing is to be dialled\n"
    assert facts("health") == {"ok": True, "dialling": [], "reasons": [], "warnings": []}


def test_agents_dial_by_hand_without_an_engine(office: Path, say: Say) -> None:
    say("campaigns start tariff-switch")
    assert say("health").stdout == "ok: tariff-switch can be dialled\n"


def test_a_campaign_without_its_engine_is_told_with_the_remedy(
    office: Path, say: Say, facts: Callable[..., Any]
) -> None:
    file = office / "tariff-switch.toml"
    file.write_text(file.read_text().replace('mode = "manual"', 'mode = "progressive"'))
    say("campaigns update tariff-switch.toml")
    say("campaigns start tariff-switch")
    told = "no engine runs; start one with: ringbank run"
    shown = say("health", status=1)
    assert shown.stdout == f"nothing can be dialled\n  tariff-switch: {told}\n"
    assert facts("health", status=1) == {
        "ok": False,
        "dialling": [],
        "reasons": [{"campaign": "tariff-switch", "reason": "no_engine", "text": told}],
        "warnings": [],
    }


def test_a_base_that_cannot_be_used_is_a_reason(
    office: Path, say: Say, facts: Callable[..., Any]
) -> None:
    for name in ("ringbank.db-wal", "ringbank.db-shm"):
        (office / name).unlink(missing_ok=True)
    (office / "ringbank.db").write_text("Dear Sir or Madam, " * 100)
    found = facts("health", status=1)
    assert (found["ok"], found["reasons"][0]["reason"]) == (False, "base")
    assert "cannot be opened as SQLite" in say("health", status=1).stderr
