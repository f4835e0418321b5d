"""What leaves the base: files in three formats, and the one that VAN takes."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet
from python_calamine import CalamineWorkbook

from tests.cli.conftest import Say

ANNA = "next --campaign tariff-switch --agent anna"


@pytest.fixture
def called(office: Path, say: Say, facts: Any) -> Path:
    """Give an office in which Åse answered and then refused, and Per was not there."""
    say("campaigns start tariff-switch")
    for words in (
        "refusal --reason price --note '=too dear' --answer provider=Telia",
        "no_contact",
    ):
        facts(f"result {facts(ANNA)['lease']} --disposition {words}")
    return office


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_what_was_said_goes_to_stdout_as_csv(called: Path, say: Say) -> None:
    (answer,) = rows(say("export answers --output -").stdout)
    assert (answer["question"], answer["answer"], answer["campaign"]) == (
        "provider",
        "Telia",
        "tariff-switch",
    )
    (refusal,) = rows(say("export refusals --campaign tariff-switch --output -").stdout)
    assert (refusal["agent"], refusal["reason"], refusal["detail"]) == (
        "anna",
        "price",
        "'=too dear",
    )
    say("dnc add '22 44 82 09' --reason asked")
    (wish,) = rows(say("export suppression --output -").stdout)
    assert (wish["subject_kind"], wish["number"], wish["scope"], wish["reason"]) == (
        "number",
        "+4722448209",
        "all",
        "asked",
    )


def test_the_ending_of_the_file_decides_how_it_is_written(called: Path, say: Say) -> None:
    assert say("export leads --output a.parquet").stderr == "wrote 2 leads to a.parquet\n"
    assert [row["name"] for row in parquet.read_table(called / "a.parquet").to_pylist()] == [
        "Åse Lunde",
        "Per Lunde",
    ]
    assert say("export refusals --output a.xlsx").stderr == "wrote 1 refusals to a.xlsx\n"
    sheet = CalamineWorkbook.from_path(str(called / "a.xlsx")).get_sheet_by_index(0)
    assert sheet.to_python()[1][5] == "=too dear"
    assert sorted(called.glob(".a.*")) == []


def test_van_gets_its_file_and_everybody_else_the_counts(called: Path, say: Say) -> None:
    (called / "more.csv").write_text("Navn;Tlf\nKari;22448203\n", encoding="utf-8")
    say("leads import more.csv --list norway")
    lease = say(f"{ANNA} --json").stdout.partition('"lease": "')[2].partition('"')[0]
    say(f"result {lease} --disposition success")
    done = say("export van --campaign tariff-switch --output van.csv --map no_contact='No Answer'")
    assert done.stderr == (
        "wrote 2 rows for VAN to van.csv\nleft out 1 people who have no external id\n"
    )
    first, second = rows((called / "van.csv").read_text())
    assert list(first) == [
        "VANID",
        "DateCanvassed",
        "Phone",
        "ContactType",
        "Result",
        "provider",
    ]
    assert (first["VANID"], first["Result"], first["provider"]) == ("17", "", "Telia")
    assert (second["VANID"], second["Result"], second["provider"]) == ("18", "No Answer", "")


def test_the_trail_holds_the_fields_of_a_filter_and_no_name(
    called: Path, say: Say, facts: Any
) -> None:
    say("export leads --where 'name = \"Åse Lunde\" and tlf is unknown' --output x.csv", status=2)
    say("export leads --where 'name = \"Åse Lunde\" and by is known' --output x.csv")
    (newest, *_) = facts("leads access 1")
    assert newest["detail"]["filter"] == ["name", "by"]
    assert "Lunde" not in str(newest["detail"])
