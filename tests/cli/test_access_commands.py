"""Who is who: tokens, roles, and a base that nobody is trusted with but those it knows."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Say
from tests.conftest import CHECKOUT

NEXT = "next --campaign tariff-switch --agent"


@pytest.fixture(scope="session")
def known_office(opened_office: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of an office that asks who acts, to be copied, with its agents' tokens."""
    folder = tmp_path_factory.mktemp("known") / "office"
    shutil.copytree(opened_office, folder)
    given = {}
    for name, words in (
        ("anna", "token anna"),
        ("bo", "add bo --role operator"),
        ("sue", "add sue --role supervisor"),
        ("ida", "add ida --role analyst"),
        ("max", "add max --role manager"),
    ):
        given[name] = json.loads(ringbank(folder, f"agents {words} --json"))["token"]
    ringbank(folder, "campaigns start tariff-switch")
    ask_for_tokens(folder)
    (folder / TOKENS).write_text(json.dumps(given))
    return folder


TOKENS = "tokens.json"


def ringbank(folder: Path, line: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "cli", *line.split()],
        cwd=folder, env={"PYTHONPATH": str(CHECKOUT), "HOME": str(folder)}, check=True,
        capture_output=True, encoding="utf-8",
    ).stdout  # fmt: skip


@pytest.fixture
def tokens(known_office: Path, tmp_path: Path) -> dict[str, str]:
    """Give such an office of the test's own, with a running campaign; its agents' tokens."""
    shutil.copytree(known_office, tmp_path, dirs_exist_ok=True)
    return dict(json.loads((tmp_path / TOKENS).read_text()))


def ask_for_tokens(office: Path) -> None:
    file = office / "config.toml"
    shipped = "require_token = false"
    text = file.read_text(encoding="utf-8")
    assert text.count(shipped) == 1
    file.write_text(text.replace(shipped, "require_token = true"), encoding="utf-8")


@pytest.fixture
def as_(say: Say, tokens: dict[str, str]) -> Callable[..., Any]:
    """Run a command line as an agent; return the document, or for another status what is told."""

    def run(name: str, line: str, *, status: int = 0) -> Any:
        environment = {"RINGBANK_AGENT_TOKEN": tokens.get(name, name)}
        done = say(f"{line} --json", status=status, environment=environment)
        return json.loads(done.stdout) if status == 0 else done.stderr

    return run


def test_without_a_token_nobody_does_anything(say: Say, tokens: Any) -> None:
    for line in ("leads count", f"{NEXT} anna", "status", "agents add cleo", "run", "doctor"):
        refused = say(line, status=3)
        assert refused.stdout == ""
        assert "asks who you are; set RINGBANK_AGENT_TOKEN to your token" in refused.stderr


def test_help_and_a_wrong_word_ask_nobody_who_they_are(say: Say, tokens: Any) -> None:
    assert "Usage: ringbank agents add" in say("agents add --help").stdout
    assert "No such option" in say("agents add --nmae x", status=2).stderr
    assert "No such command" in say("agnets add", status=2).stderr


def test_a_help_that_is_the_value_of_an_option_lets_nobody_in(say: Say, tokens: Any) -> None:
    done = say("dnc add 22448201 --reason --help", status=3)
    assert "asks who you are" in done.stderr


def test_a_token_that_is_nobodys_is_refused_and_not_shown(as_: Any, tokens: Any) -> None:
    wrong = tokens["anna"][:-1] + ("A" if tokens["anna"][-1] != "A" else "B")
    for token in (wrong, "nonsense"):
        refused = as_(token, f"{NEXT} anna", status=3)
        assert "the token in RINGBANK_AGENT_TOKEN is no active agent's" in refused
        assert token not in refused


def test_each_role_does_its_work_and_no_other(as_: Any, tokens: Any) -> None:
    assert as_("anna", f"{NEXT} anna")["lead"]["name"] == "Åse Lunde"
    assert as_("bo", f"{NEXT} bo")["lead"]["name"] == "Per Lunde"
    for name, line in (
        ("sue", "agents list"),
        ("sue", "status"),
        ("ida", "lists list"),
        ("max", "leads count"),
        ("max", "agents list"),
    ):
        as_(name, line)
    for name, line, whose in (
        ("anna", "agents list", "manager, supervisor"),
        ("bo", "export attempts --output -", "analyst, manager"),
        ("sue", "agents add cleo", "manager"),
        ("sue", "leads erase 1", "manager"),
        ("ida", f"{NEXT} ida", "manager, operator, supervisor, volunteer"),
    ):
        refused = as_(name, line, status=3)
        command = "next" if line.startswith("next") else " ".join(line.split()[:2])
        assert f"may not use `ringbank {command}`, which is for: {whose};" in refused
        assert refused.startswith(f"ringbank: {name} (")


def test_a_token_is_read_however_it_is_typed(say: Say, tokens: Any) -> None:
    typed = f"  {tokens['max'].lower().replace('-', ' ')} "
    say("agents list", environment={"RINGBANK_AGENT_TOKEN": typed})


def test_a_volunteer_acts_in_their_own_name_and_on_their_own_lease_only(
    as_: Any, tokens: Any
) -> None:
    refused = as_("anna", f"{NEXT} bo", status=3)
    assert "you are anna and cannot act for bo; write your own name, or ask a super" in refused
    for step in ("login", "ready", "pause", "logout"):
        assert "you are anna and cannot act for bo" in as_("anna", f"agents {step} bo", status=3)
    lease = as_("bo", f"{NEXT} bo")["lease"]
    for line in (f"result {lease} --disposition success", f"release {lease}"):
        assert f"the lease {lease} is not anna's" in as_("anna", line, status=3)
    mine = as_("bo", f"{NEXT} bo")
    assert (mine["lease"], mine["draft"]) == (lease, None), "nothing of hers was kept for him"
    for by in ("anna", "sue"):
        line = f"result {lease} --disposition success --correct --by {by}"
        as_("anna", line, status=3)
    as_("sue", f"release {lease}")
    assert as_("sue", f"{NEXT} bo")["lead"]["name"] == "Åse Lunde"


def test_a_result_on_another_ones_call_leaves_no_word_with_it(as_: Any, tokens: Any) -> None:
    lease = as_("bo", f"{NEXT} bo")["lease"]
    as_("bo", f"result {lease} --disposition success")
    line = f"result {lease} --disposition success --note planted"
    assert f"the lease {lease} is not anna's" in as_("anna", line, status=3)
    assert as_("sue", "drafts list") == []
    assert f"ringbank drafts show {lease}" in as_("bo", line, status=2)
    (kept,) = as_("sue", "drafts list")
    assert (kept["lease"], kept["agent"]) == (lease, "bo")


def test_a_volunteer_adds_tasks_for_whom_they_have_only(as_: Any, tokens: Any) -> None:
    person = as_("bo", f"{NEXT} bo")
    task = "tasks add --class complaint --text 'nobody came'"
    for whose in (f"--lead {person['lead']['id']}", "--phone +4722448202", "--attempt 1"):
        told = as_("anna", f"{task} {whose}", status=3)
        assert "by your own leases; name your talk with --lease" in told
    told = as_("anna", f"{task} --lease {person['lease']}", status=3)
    assert f"the lease {person['lease']} is not anna's" in told
    mine = as_("bo", f"{task} --lease {person['lease']}")
    assert mine["lead_id"] == person["lead"]["id"]
    assert "there is no lease 'x'" in as_("bo", f"{task} --lease x", status=2)
    as_("sue", f"{task} --lead {person['lead']['id']}")


def test_whoever_takes_a_result_back_is_named_and_not_whose_it_was(as_: Any, tokens: Any) -> None:
    person = as_("bo", f"{NEXT} bo")
    as_("bo", f"result {person['lease']} --disposition success")
    assert "is not anna's" in as_("anna", f"result {person['lease']} --undo", status=3)
    as_("sue", f"result {person['lease']} --undo")
    story = json.dumps(as_("sue", f"leads show {person['lead']['id']}"))
    assert '"by": "sue"' in story


def test_who_has_a_token_need_not_say_who_they_are(as_: Any, say: Say, tokens: Any) -> None:
    mine = as_("bo", "next --campaign tariff-switch")
    assert as_("bo", f"{NEXT} bo")["lease"] == mine["lease"]


def test_who_supervises_with_a_token_need_not_say_so(as_: Any, tokens: Any) -> None:
    as_("bo", f"{NEXT} bo")
    told = as_("sue", "supervise listen bo", status=3)
    assert "bo dials by hand" in told or "nobody is on the line with bo" in told
    assert "cannot vouch for max" in as_("sue", "supervise listen bo --by max", status=3)


def test_an_agent_moves_the_person_they_have_and_does_nothing_else_of_a_supervisors(
    as_: Any, tokens: Any
) -> None:
    as_("bo", f"{NEXT} bo")
    told = as_("bo", "supervise move bo --to second_level", status=3)
    assert "bo dials by hand" in told or "nobody is on the line with bo" in told
    assert "may not use `ringbank supervise take`" in as_("bo", "supervise take bo", status=3)


def test_without_a_token_it_has_to_be_said_who_supervises(office: Path, say: Say) -> None:
    told = say("supervise end", status=2).stderr
    assert "say who does it: add --by NAME, or set RINGBANK_AGENT_TOKEN" in told


def test_without_a_token_it_has_to_be_said_whose_desk_it_is(office: Path, say: Say) -> None:
    told = say("next --campaign tariff-switch", status=2).stderr
    assert "whose desk is it? add --agent NAME, or set RINGBANK_AGENT_TOKEN" in told


def test_a_practice_talk_is_its_agents_too(tmp_path: Path, as_: Any, tokens: Any) -> None:
    file = tmp_path / "tariff-switch.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}\n[training]\npractice = 1\n", encoding="utf-8")
    as_("max", "campaigns update tariff-switch.toml")
    lease = as_("bo", f"{NEXT} bo")["lease"]
    assert lease.startswith("practice-")
    assert f"the lease {lease} is not anna's" in as_("anna", f"release {lease}", status=3)
    as_("bo", f"result {lease} --disposition success")


def test_a_supervisor_vouches_for_themselves_only(tmp_path: Path, as_: Any, tokens: Any) -> None:
    file = tmp_path / "tariff-switch.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}\n[training]\nsupervised = 1\n", encoding="utf-8")
    as_("max", "campaigns update tariff-switch.toml")
    line = "agents accompany anna --campaign tariff-switch"
    assert "cannot vouch for max" in as_("sue", f"{line} --by max", status=3)
    assert as_("sue", line)["accompanied_by"] == "sue"
    assert as_("max", f"{line} --by sue")["accompanied_by"] == "sue"


def test_what_is_kept_of_who_did_it_names_the_agent(as_: Any, tokens: Any) -> None:
    lead = as_("anna", f"{NEXT} anna")["lead"]["id"]
    as_("sue", f"leads show {lead}")
    seen = as_("max", f"leads access {lead}")
    accesses = seen["accesses"] if isinstance(seen, dict) else seen
    assert {(one["who"], one["action"]) for one in accesses} >= {("anna", "next"), ("sue", "show")}
    as_("max", f"leads edit {lead} --set name='Åse Lund'")
    assert "max" in json.dumps(as_("max", f"leads show {lead}"))


def test_who_leaves_loses_their_token_at_once(as_: Any, tokens: Any) -> None:
    as_("max", "agents deactivate anna")
    assert "is no active agent's" in as_("anna", f"{NEXT} anna", status=3)


def test_a_new_token_ends_the_old_one(as_: Any, tokens: Any) -> None:
    as_("max", "agents token bo")
    assert "is no active agent's" in as_("bo", f"{NEXT} bo", status=3)


def test_a_base_without_a_manager_lets_its_user_add_the_first_and_no_more(
    office: Path, say: Say, facts: Any
) -> None:
    ask_for_tokens(office)
    refused = say("leads count", status=3).stderr
    assert "no manager has a token yet; add one: ringbank agents add NAME --role manager" in refused
    added = say("agents add max --role manager --json")
    assert "no manager has a token yet, and so " in added.stderr
    assert " is trusted with `ringbank agents add`" in added.stderr
    say("agents add eve --role manager", status=3)
    token = json.loads(added.stdout)["token"]
    say("leads count", environment={"RINGBANK_AGENT_TOKEN": token})


def test_a_base_without_people_or_tables_lets_its_user_add_the_first_manager(
    tmp_path: Path, say: Say
) -> None:
    config = "[access]\nrequire_token = true\n"
    say("agents add max --role manager", config=config)
    say("agents list", config=config, status=3)


def test_where_nobody_is_asked_a_token_only_says_who_it_was(
    office: Path, say: Say, facts: Any
) -> None:
    token = facts("agents token anna")["token"]
    own = {"RINGBANK_AGENT_TOKEN": token}
    say("agents add bo")
    say("campaigns start tariff-switch")
    say(f"{NEXT} bo", environment=own)
    say("leads show 1", environment=own)
    trail = say("leads access 1 --json", environment=own).stdout
    assert '"anna"' in trail
    wrong = {"RINGBANK_AGENT_TOKEN": "nonsense"}
    assert "is no active agent's" in say("leads show 1", status=3, environment=wrong).stderr


def test_a_configuration_that_cannot_be_meant_says_so(say: Say) -> None:
    done = say("leads count", config='[access]\nrequire_token = "yes"\n', status=2)
    assert "access.require_token: must be true or false" in done.stderr
    done = say("leads count", config="[access]\nrequire_tokens = true\n", status=2)
    assert "access.require_tokens: unknown key; the nearest known one is 'require" in done.stderr
