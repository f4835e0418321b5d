"""Consents, and a person's story, as somebody at a terminal and a script meet them."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Say

ANNA = "next --campaign tariff-switch --agent anna"


@pytest.fixture
def asking(office: Path, say: Say) -> Path:
    """Let the office's campaign ask for a consent, and run; Kari shares the number of Per."""
    file = office / "tariff-switch.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(f'consent = ["phone_marketing"]\n{text}', encoding="utf-8")
    assert (
        'consent: none -> ["phone_marketing"]' in say("campaigns update tariff-switch.toml").stdout
    )
    (office / "more.csv").write_text("Navn,Tlf\nKari Moe,22 44 82 02\n", encoding="utf-8")
    say("leads import more.csv --list norway")
    say("campaigns start tariff-switch")
    return office


def test_a_campaign_waits_for_the_consent_and_calls_as_soon_as_it_is_there(
    asking: Path, say: Say, facts: Any
) -> None:
    nobody = facts(ANNA)
    assert {"gate": "consent", "count": 3, "next_at": None} in nobody["why"]
    refused = facts("explain +4722448201 --campaign tariff-switch", status=3)["refusals"]
    assert [refusal["rule"] for refusal in refused][:1] == ["consent:phone_marketing"]
    added = facts(
        "consents add '22 44 82 01' --kind phone_marketing --source 'web form' --wording Yes "
        "--at 2025-11-03 --proof scan-17.pdf --expires 2199-01-01"
    )
    assert added == {
        "lead_id": 1,
        "kind": "phone_marketing",
        "given_at": "2025-11-03T00:00:00Z",
        "expires_at": "2199-01-01T00:00:00Z",
        "added": True,
    }
    assert facts(ANNA)["lead"]["name"] == "Åse Lunde"
    again = say("consents add 1 --kind phone_marketing --source 'web form' --at 03.11.2025")
    assert "the base has this consent already" in again.stderr
    withdrawn = facts("consents withdraw 1 --kind phone_marketing --reason 'by e-mail'")
    assert withdrawn["withdrawn"] == 1
    (listed,) = facts("consents list 1")
    assert (listed["state"], listed["withdrawn_reason"], listed["proof"]) == (
        "withdrawn", "by e-mail", "scan-17.pdf",
    )  # fmt: skip
    assert facts("consents list --kind recording") == []
    assert say("consents list").stdout.splitlines()[0].split("\t") == [
        "lead_id", "kind", "state", "given", "ends", "source",
    ]  # fmt: skip


def test_a_file_of_consents_goes_in_and_its_rejects_come_out(
    asking: Path, say: Say, facts: Any
) -> None:
    facts(ANNA)
    (asking / "consents.csv").write_text(
        "Kundenr;Dato\n17;03.11.2025\n18;03/11/2025\n99;03.11.2025\n", encoding="utf-8"
    )
    words = "consents import consents.csv --kind phone_marketing --source letter"
    assert "--map given_at=COLUMN" in say(words, status=2).stderr
    words = f"{words} --map given_at=Dato"
    dry = facts(f"{words} --dry-run", status=4)
    assert (dry["read"], dry["added"], dry["rejected"], dry["dry_run"]) == (3, 1, 2, True)
    assert facts("consents list") == []
    done = say(f"{words} --rejects rejects.csv", status=4)
    assert "3 read = 1 added + 0 known + 2 rejected" in done.stderr
    rejects = (asking / "rejects.csv").read_text(encoding="utf-8").splitlines()
    assert rejects[0] == "Kundenr,Dato,reject_line,reject_column,reject_reason"
    assert rejects[1].startswith("18,03/11/2025,3,Dato,'03/11/2025' may be two different days")
    assert rejects[2] == "99,03.11.2025,4,Kundenr,nobody has this external id"
    assert facts(ANNA)["lead"]["name"] == "Åse Lunde"


def test_what_is_agreed_to_in_a_call_is_kept_and_told(office: Path, say: Say, facts: Any) -> None:
    say("campaigns start tariff-switch")
    lease = facts(ANNA)["lease"]
    refused = say(f"result {lease} --disposition success --consent 'Yes, I do'", status=2)
    assert "names no kind of consent" in refused.stderr
    say(
        f"result {lease} --disposition refusal --reason price --answer provider=Telia "
        "--note 'two more years with Telia' --consent 'recording=May we?' --consent credit_check"
    )
    say("dnc add +4722448201 --scope seller --name 'Example Telecom AS' --reason asked")
    shown = facts("leads show 22448201")
    assert [(one["kind"], one["wording"], one["source"]) for one in shown["consents"]] == [
        ("recording", "May we?", "call"),
        ("credit_check", None, "call"),
    ]
    assert [one["what"] for one in shown["history"]] == [
        "imported", "attempt", "consent_given", "consent_given", "suppressed",
    ]  # fmt: skip
    call = shown["history"][1]
    assert (call["agent"], call["disposition"], call["answers"]) == (
        "anna", "refusal", {"provider": ["Telia"]},
    )  # fmt: skip
    assert {one["attempt_id"] for one in shown["consents"]} == {call["attempt_id"]}
    screen = say("leads show 1").stdout
    head, _, told = screen.partition("\n\n")
    assert "recording in force (given " in head
    assert "tariff-switch, anna: connected" in told
    for line in ("said: refusal (price)", "provider: Telia", "note: two more years with Telia"):
        assert f"\n{' ' * 28}{line}\n" in told
    assert max(map(len, told.splitlines())) <= 80


def test_a_number_of_several_people_shows_them_shortly_and_asks_for_the_id(
    asking: Path, say: Say, facts: Any
) -> None:
    shown = say("leads show 22448202")
    assert [line.split("\t")[:2] for line in shown.stdout.splitlines()] == [
        ["lead_id", "name"],
        ["2", "Per Lunde"],
        ["3", "Kari Moe"],
    ]
    assert "2 people have 22448202; see one with: ringbank leads show 2" in shown.stderr
    first = facts("leads show 22448202")
    assert (first["lead_id"], first["household"]) == (2, [3])
    told = say("consents add 22448202 --kind recording --source letter", status=2).stderr
    assert "2 people have 22448202: 2 Per Lunde, 3 Kari Moe; give the id of one" in told


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("consents add 77 --kind a --source b", "no lead has the number or id '77'"),
        ("consents add 1 --kind 'A B' --source b", "--kind: 'A B' is no kind of consent"),
        ("consents add 1 --kind a --source ' '", "--source: where the consent comes from is not"),
        ("consents add 1 --kind a --source b --at 03/11/2025", "--at: '03/11/2025' may be two"),
        ("consents add 1 --kind a --source b --at 2199-01-01", "--at: 2199-01-01 is in the future"),
        ("consents add 1 --kind a --source b --expires 2020-01-01", "--expires: the consent would"),
        ("consents withdraw 1 --kind a", "lead 1 gave no consent 'a' until"),
        ("consents withdraw 1 --kind a --at soon", "--at 'soon' is no moment"),
        ("consents withdraw 1 --kind a --at 2199-01-01", "--at '2199-01-01' is in the future"),
        ("consents import missing.csv --kind a --source b", "missing.csv cannot be read"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(office: Path, say: Say, words: str, why: str) -> None:
    done = say(words, status=2)
    assert done.stdout == ""
    assert why in done.stderr


def test_whose_consents_were_listed_is_written_down(office: Path, say: Say, facts: Any) -> None:
    say("consents add 1 --kind call --source fair --proof scan-17.pdf")
    assert facts("consents list")[0]["proof"] == "scan-17.pdf"
    assert [one["action"] for one in facts("leads access 1")] == ["consents"]
