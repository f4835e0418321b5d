"""Configuration, database, pipes and signals, as every command meets them."""

import os
import pty
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Say
from tests.conftest import CHECKOUT
from tests.waiting import until

FORGED = """
[databse]
url = "sqlite:///x.db"
[engine]
nam = "x"
[asterisk]
port = "5038"
secret = "hush"
[trunks.main]
channel = "carrier"
max_calls = 0
caller_ids = ["1"]
[leads]
region = "Norway"
"""


def test_global_options_stand_before_and_after_the_command(office: Path, say: Say) -> None:
    (office / "config.toml").rename(office / "other.toml")
    said = '{"leads": 2, "numbers": 2, "lists": 1}\n'
    assert say("--json --config other.toml leads count").stdout == said
    assert say("leads count --config=other.toml --json").stdout == said
    assert say("leads --json count", environment={"RINGBANK_CONFIG": "other.toml"}).stdout == said
    absent = say("leads count", status=2)
    assert "config.toml cannot be read (No such file or directory)" in absent.stderr
    assert "--config FILE or RINGBANK_CONFIG" in absent.stderr
    assert "--config needs a file" in say("leads count --config", status=2).stderr


def test_everything_wrong_with_a_configuration_is_told_at_once(say: Say) -> None:
    done = say("leads count", config=FORGED, status=2)
    assert done.stdout == ""
    for told in (
        "databse: unknown key; the nearest known one is 'database'",
        "engine.nam: unknown key; the nearest known one is 'name'",
        "asterisk.port: must be a whole number",
        "asterisk.secret: does not belong into this file; set RINGBANK_ASTERISK_SECRET",
        'trunks.main.channel: must look like "PJSIP/{number}@carrier"',
        "trunks.main.max_calls: must be from 1 to",
        "trunks.main.max_calls_per_second: is missing",
        "trunks.main.caller_ids: '1' is not a number",
        "leads.region: must be two capital letters",
    ):
        assert told in done.stderr
    assert "hush" not in done.stderr
    assert "line 1, column" in say("leads count", config="[database\n", status=2).stderr


@pytest.mark.parametrize(
    ("url", "status", "told"),
    [
        ("nonsense", 2, 'write "sqlite:///ringbank.db" or "postgresql+psycopg://'),
        ("mysql://me@host/base", 2, "works with SQLite and PostgreSQL only"),
        ("sqlite://", 2, "names no file, and everything would be lost"),
        ("sqlite:///no/such/folder/x.db", 1, "cannot be created (No such file or directory)"),
        ("sqlite:///config.toml", 1, "file is not a database"),
        ("sqlite:///other.db", 1, "is not Ringbank's: it holds songs"),
        ("postgresql+psycopg://me:hush@127.0.0.1:1/ringbank", 1, "Connection refused"),
        ("postgresql+psycopg://me@127.0.0.1:1/x?password=hush", 1, "1:1/x cannot be used"),
        ("postgres://me:hush@host/ringbank", 2, "is not a database address"),
        ("me:hush@host", 2, "is not a database address"),
        ("postgresql+psycopg://me:pass@host:hush/x", 2, "is not a database address"),
        (
            "postgresql+psycopg2://me:hush@host/ringbank",
            2,
            "let it begin with postgresql+psycopg://",
        ),
    ],
)
def test_a_base_that_cannot_be_used_says_what_to_do(
    tmp_path: Path, say: Say, url: str, status: int, told: str
) -> None:
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE songs (name)")
    done = say("leads count", config=f'[database]\nurl = "{url}"', status=status)
    assert done.stdout == ""
    assert told in done.stderr
    assert "database" in done.stderr
    assert "hush" not in done.stderr


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("leeds count", "Did you mean 'leads'"),
        ("leads count --frobnicate", "No such option: --frobnicate"),
        ("leads import leads.csv", "Missing option '--list'"),
        ("lists show norwa", "did you mean 'norway'?"),
        ("next --campaign tarif-switch --agent anna", "did you mean 'tariff-switch'?"),
        ("next --campaign tariff-switch --agent ana", "did you mean 'anna'?"),
        ("next --campaign tariff-switch --agent bob", "see: ringbank agents list"),
        ("agents add bea --phone 12", "too short for NO"),
        ("agents add bea --phone 'PJSIP/b ea'", "is no channel; write it like PJSIP/anna"),
        ("agents add ' ' --phone PJSIP/x", "cannot be an agent's name"),
        ("leads import empty.csv --list x", "is empty; it needs a header"),
        ("leads import head.csv --list x", "has a header and nothing else"),
        ("leads import binary.csv --list x", "binary.csv"),
        ("export attempts --output a.txt", "must end in .csv, .parquet or .xlsx, or be -"),
        ("export van --campaign tariff-switch --output a.xlsx", "must end in .csv, or be -"),
        ("export van --campaign tariff-switch --output a.csv --map x=y", "there is no code 'x'"),
        ("export attempts --output - --json", "both want stdout"),
        ("lists show \udcff", "no UTF-8"),
    ],
)
def test_what_was_typed_wrong_is_told_with_the_way_out(
    office: Path, say: Say, line: str, told: str
) -> None:
    (office / "empty.csv").touch()
    (office / "head.csv").write_text("Navn;Tlf\n")
    (office / "binary.csv").write_bytes(bytes(range(256)) * 8)
    done = say(line, status=2)
    assert done.stdout == ""
    assert told in " ".join(done.stderr.split())


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "cli", *words]


def surroundings(office: Path, **more: str) -> dict[str, str]:
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT), "HOME": str(office)}
    return {**kept, "TERM": "xterm", "COLUMNS": "80", **more}


def test_a_reader_that_leaves_early_is_no_drama(office: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        command("leads", "show", "1"),
        cwd=office, env=surroundings(office), stdout=writer, stderr=subprocess.PIPE, check=False,
    )  # fmt: skip
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize("line", ["lists list --json", "export leads --output -"])
def test_a_full_disk_under_stdout_is_said_once(office: Path, line: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command(*line.split()),
            cwd=office, env=surroundings(office), stdout=full, stderr=subprocess.PIPE,
            encoding="utf-8", check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("ringbank: the output cannot be used (No space left on device)")
    assert done.stderr.count("\n") == 1


def test_an_output_that_cannot_be_written_is_the_worlds_fault(office: Path, say: Say) -> None:
    (office / "folder.csv").mkdir()
    for output in ("nowhere/a.csv", "folder.csv"):
        told = say(f"export leads --output {output}", status=1).stderr
        assert told.startswith(f"ringbank: {output} cannot be written (")
    assert sorted(office.glob(".*csv*")) == []


def test_a_command_lets_go_of_the_base_before_it_ends(office: Path, say: Say) -> None:
    say("agents add lone")
    assert (office / "ringbank.db").exists()
    left = sorted(file.name for file in office.glob("ringbank.db-*"))
    assert left == [], "SQLite clears its log away when the last one closes the base"


def test_data_is_utf_8_whatever_the_locale(office: Path, say: Say) -> None:
    shown = say("leads show 1", environment={"PYTHONIOENCODING": "ascii"}).stdout
    assert "Åse Lunde" in shown


@pytest.mark.parametrize(
    "line", ["status --watch --json", "next --campaign tariff-switch --agent anna --wait 50"]
)
def test_ctrl_c_ends_with_130_and_without_a_word_of_python(office: Path, line: str) -> None:
    base = office / "ringbank.db"
    log = office / "out"
    with log.open("w") as out:
        process = subprocess.Popen(
            command(*line.split()),
            cwd=office, env=surroundings(office), stdout=out, stderr=subprocess.PIPE,
        )  # fmt: skip
        until(lambda: _has_open(process.pid, base), timeout_s=20)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert b"Traceback" not in errors


def test_ctrl_c_while_a_command_is_being_imported_ends_with_130_too(office: Path) -> None:
    # What `dataclasses` does for every one of them: a text is run as code.
    (office / "interrupted.py").write_text(
        "import cli, dialer.status\n"
        "interrupt = 'import os, signal, time; os.kill(os.getpid(), signal.SIGINT); time.sleep(9)'\n"
        "dialer.status.show = lambda *_, **__: exec(interrupt)\n"
        "cli.main(['status'])\n"
    )
    environment = surroundings(office, PYTHONPATH=f"{CHECKOUT}:{office}")
    done = subprocess.run(
        [sys.executable, "-m", "interrupted"],
        cwd=office, env=environment, capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (130, b"")


def _has_open(pid: int, file: Path) -> bool:
    try:
        opened = [link.resolve() for link in Path(f"/proc/{pid}/fd").iterdir()]
    except FileNotFoundError:  # it closed a file while we looked: look again
        return False
    return file.resolve() in opened


def test_a_terminal_gets_a_table_that_shows_every_word_as_it_is(office: Path, say: Say) -> None:
    reason = "[/b] asked :smile: to be left alone, twice, in writing and by telephone"
    say(f"dnc add 22448201 --reason '{reason}'")
    try:
        terminal, side = pty.openpty()
    except OSError as error:
        pytest.skip(f"this machine has no pseudo-terminal ({error})")
    process = subprocess.Popen(
        command("dnc", "list"),
        cwd=office, env=surroundings(office, TERM="dumb"), stdin=side, stdout=side,
    )  # fmt: skip
    os.close(side)
    shown = b""
    while piece := _read(terminal):
        shown += piece
    os.close(terminal)
    assert process.wait(timeout=10) == 0
    lines = shown.decode().splitlines()
    assert max(map(len, lines)) <= 80
    assert reason in " ".join(shown.decode().split()), "too wide for a table: a line for each value"


@pytest.mark.parametrize("more", ["", "--json"])
def test_nothing_that_was_written_down_is_obeyed_by_the_terminal(
    office: Path, say: Say, more: str
) -> None:
    sly = "\x1b[31m\x07\x9b2J\u202e"
    (office / "sly.csv").write_text(f"Navn;Tlf;By\nOla{sly};22 44 82 03;Oslo{sly}\n", "utf-8")
    say("leads import sly.csv --list sly")
    text = (office / "tariff-switch.toml").read_text("utf-8").replace('["norway"]', '["sly"]')
    (office / "sly.toml").write_text(text.replace("tariff-switch", "sly", 1), "utf-8")
    say("campaigns create sly.toml")
    say("campaigns start sly")
    say(f"tasks add --phone 22448203 --class complaint --text 'late{sly}'")
    say(f"dnc add 22448201 --reason 'wrote{sly}'")
    shown = ""
    for line in ("next --campaign sly --agent anna", "tasks list", "leads find Ola", "dnc list"):
        done = say(f"{line} {more}")
        shown += done.stdout + done.stderr
    assert "Ola" in shown
    assert "late" in shown
    assert not {sign for sign in shown if not sign.isprintable()} - {"\n", "\t"}


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that nobody writes any more
        return b""
