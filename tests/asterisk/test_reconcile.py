"""The ledger is held against Asterisk's own call records: in the middle of calls, and without an engine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dialer.lab.lab import Lab
from tests.asterisk.site import Site
from tests.waiting import until

_ON = """\
[general]
enable = yes
unanswered = yes
congestion = yes
batch = no
[csv]
usegmtime = yes
loguniqueid = yes
"""


@pytest.fixture
def records(lab: Lab) -> Iterator[Path]:
    """The file into which our Asterisk writes its call records, for as long as the test lasts."""
    settings, folder = lab.pbx.home / "etc" / "cdr.conf", lab.pbx.home / "log" / "cdr-csv"
    before = settings.read_text()
    folder.mkdir(exist_ok=True)
    settings.write_text(_ON)
    for command in ("module load cdr_csv.so", "module reload cdr"):
        lab.pbx.cli(command)
    yield folder / "Master.csv"
    settings.write_text(before)
    for command in ("module unload cdr_csv.so", "module reload cdr"):
        lab.pbx.cli(command)


def compared(site: Site, records: Path, *, status: int = 0) -> Any:
    return site.ringbank("reconcile", "--records", str(records), status=status)["ledger"]


def kinds(ledger: Any) -> set[str]:
    assert ledger["differences"] == []
    return {one["kind"] for one in ledger["ambiguous"]}


@pytest.mark.timeout(150)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_at_any_time_an_honest_ledger_has_no_difference(site: Site, records: Path, tmp_path: Path):
    (hears, *_) = site.people("00", "20", "30", "65", "71")
    site.broadcast()
    engine = site.engine()
    engine.until(lambda: any(one.ended_at for one in site.attempts()))
    before = site.attempts()
    on = compared(site, records)
    assert kinds(on) <= {"may_live", "newer", "after_records"}
    assert "may_live" in kinds(on), "calls are on the line"

    engine.kill()
    left = site.attempts()
    assert kinds(compared(site, records)) <= {"may_live", "newer", "after_records"}
    until(lambda: not site.channels(), 40)
    # A moment later nothing of it is news any more.
    until(lambda: kinds(compared(site, records)) == {"unsettled"}, 20)
    assert site.attempts() == left, "it books nothing"
    assert [one.id for one in before] == [one.id for one in left[: len(before)]]

    site.engine("--until-done").finishes()
    whole = compared(site, records)
    assert (whole["differences"], whole["ambiguous"]) == ([], [])
    assert whole["attempts"] == len(site.attempts())

    # What is wrong is found.
    heard = site.attempt(hears)
    lines = records.read_text().splitlines(keepends=True)
    (its_own,) = [line for line in lines if heard.channel_id in line]
    wrong = tmp_path / "wrong.csv"
    for text, what in (
        ("".join(line for line in lines if line != its_own), "is not among the network's calls"),
        (
            "".join(lines).replace(its_own, its_own.replace("ANSWERED", "NO ANSWER")),
            "not answered on the network, booked connected",
        ),
    ):
        wrong.write_text(text)
        told = compared(site, wrong, status=4)
        assert [(one["number"], what in one["what"]) for one in told["differences"]] == [
            (hears, True)
        ]
