"""Do-not-call entries of every kind and national registers, as a user and a script meet them."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.conftest import Say

Facts = Callable[..., Any]


def test_a_prefix_and_a_person(office: Path, facts: Facts, say: Say) -> None:
    assert facts('dnc add "+47 2244*" --scope seller --name "Other AS"') == {
        "number": "+472244*",
        "scope": "seller",
        "name": "Other AS",
        "added": True,
    }
    person = facts("leads show 22448201")["lead_id"]
    assert facts(f"dnc add --lead {person} --reason deceased")["lead_id"] == person
    assert facts(f"dnc add --lead {person}")["added"] is False
    assert [(e["kind"], e["number"], e["lead_id"]) for e in facts("dnc list")] == [
        ("prefix", "+472244*", None),
        ("lead", None, person),
    ]
    checked = facts("dnc check 22448201")
    assert checked["suppressed"] is False
    assert [entry["name"] for entry in checked["entries"]] == ["Other AS"]
    facts('dnc add "+472244*"')
    assert facts("dnc check 22448201")["suppressed"] is True
    assert facts("leads show 22448201")["suppressed"] is True
    refusals = facts("explain 22448201 --campaign tariff-switch", status=3)["refusals"]
    assert "suppression" in [one["gate"] for one in refusals]
    assert facts('dnc remove "+472244*"')["removed"] is True
    assert facts(f"dnc remove --lead {person}")["removed"] is True
    assert "all for +472244* from" in say("dnc check 22448201").stdout


def test_what_cannot_be_entered(office: Path, say: Say) -> None:
    for line, said in (
        ("dnc add", "--lead 17"),
        ("dnc add 22448201 --lead 1", "either a number or a person"),
        ("dnc add 81*", "+4781*"),
        ("dnc add --lead 999", "there is no lead 999"),
        ("dnc add 22448201 --scope seller", "--name NAME"),
        ("dnc remove --lead 1", "no such do-not-call entry"),
    ):
        assert said in say(line, status=2).stderr, line


def test_a_register_from_import_to_refusal(office: Path, facts: Facts, say: Say) -> None:
    say("campaigns start tariff-switch")
    source = office / "reservations.csv.gz"
    source.write_bytes(gzip.compress(b"Tlf;Dato\n22448201;2020-01-01\n41000000;x\nnone;x\n"))
    loading = "dnc import reservations.csv.gz --registry norway --map phone=Tlf --as-of"
    told = facts(f"{loading} 2026-05-01", status=4)
    assert {key: told[key] for key in ("read", "entries", "unreadable", "listed")} == {
        "read": 3,
        "entries": 2,
        "unreadable": 1,
        "listed": 1,
    }
    assert (told["unreadable_lines"], told["as_of"]) == ([4], "2026-05-01")

    (known,) = facts("dnc registries")
    assert (known["name"], known["entries"], known["file"]) == ("norway", 2, "here")
    checked = facts("dnc check 22448201")
    assert (checked["number"], checked["suppressed"]) == ("+4722448201", True)
    (entry,) = checked["entries"]
    assert entry["source"] == "registry norway as of 2026-05-01"
    assert set(entry) == {
        "scope", "name", "reason", "source", "created_at", "removed_at", "removed_reason",
    }  # fmt: skip
    assert facts("dnc check 41000000")["suppressed"] is True, "the base does not have it"
    assert facts("dnc check 41000001")["suppressed"] is False
    (refusal,) = [
        one
        for one in facts("explain 22448201 --campaign tariff-switch", status=3)["refusals"]
        if one["gate"] == "registry"
    ]
    assert (refusal["rule"], refusal["source"]) == ("registry:norway", "norway as of 2026-05-01")
    exported = say("export leads --campaign tariff-switch --output -").stdout
    assert [line.split(",")[13] for line in exported.splitlines()[1:]] == ["true", "false"]

    # The person who asks for the next one needs no file, and gets Per.
    (file,) = (office / "registries").iterdir()
    file.unlink()
    assert facts("dnc registries")[0]["file"] == "missing"
    lease = facts("next --campaign tariff-switch --agent anna")
    assert lease["phone"] == "+4722448202"
    unknown = say("dnc check 41000000 --json")
    assert json.loads(unknown.stdout)["suppressed"] is False
    assert "is not known here" in unknown.stderr

    # Who is imported without the file is not called, and the import says so.
    (office / "more.csv").write_text("Navn;Tlf\nKari;41 00 00 02\n", encoding="utf-8")
    assert "is not here" in say("leads import more.csv --list norway").stderr
    (refusal,) = [
        one
        for one in facts("explain 41000002 --campaign tariff-switch", status=3)["refusals"]
        if one["gate"] == "registry"
    ]
    assert refusal["rule"] == "registry_unknown:norway"

    older = say(f"{loading} 2026-04-01", status=2)
    assert "--older" in older.stderr
    assert facts(f"{loading} 2026-05-02", status=4)["listed"] == 1
    assert facts("dnc registries")[0]["file"] == "here"
    allowed = facts("explain 41000002 --campaign tariff-switch", status=0)
    assert allowed["callable"] is True


def test_what_cannot_be_loaded(office: Path, say: Say) -> None:
    (office / "empty.txt").write_text("")
    for line, said in (
        ("dnc import empty.txt --registry norway --as-of 2026-05-01", "lists no number"),
        ("dnc import none.txt --registry norway --as-of 2026-05-01", "none.txt cannot be read"),
        ("dnc import empty.txt --registry norway --as-of yesterday", "2026-11-01"),
        ("dnc import empty.txt --registry ../x --as-of 2026-05-01", "cannot be the name"),
        ("dnc import empty.txt --registry norway --as-of 2999-01-01", "still to come"),
    ):
        assert said in say(line, status=2).stderr, line
    assert say("dnc registries --json").stdout.strip() == "[]"
