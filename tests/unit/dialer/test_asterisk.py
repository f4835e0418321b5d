"""Fragments for a user's own Asterisk, and what a server is told that it lacks."""

import re
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.asterisk.features import QUESTIONS, major, missing
from dialer.asterisk.fragments import FRAGMENTS, new_secret, render, write, written_secret
from leads.errors import RingbankError, UsageError

EVERYTHING = dict.fromkeys(QUESTIONS, "1")


def test_the_fragments_are_written_and_the_password_is_private(tmp_path):
    paths = write(tmp_path / "new", render(username="dialer", secret="s3cret"))
    assert tuple(path.name for path in paths) == FRAGMENTS
    manager = tmp_path / "new" / "ringbank_manager.conf"
    assert stat.S_IMODE(manager.stat().st_mode) == 0o600
    assert "[dialer]\nsecret = s3cret\n" in manager.read_text()
    assert written_secret(tmp_path / "new") == "s3cret"
    assert "@" not in manager.read_text()


def test_a_folder_without_fragments_has_no_password(tmp_path):
    assert written_secret(tmp_path) is None


def test_a_folder_that_cannot_be_written_names_the_way_out(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RingbankError, match="--output"):
        write(tmp_path / "file" / "below", render(username="dialer", secret="s3cret"))


def test_the_manager_user_is_never_allowed_a_shell():
    text = render(username="dialer", secret=new_secret())["ringbank_manager.conf"]
    (write_classes,) = [line for line in text.splitlines() if line.startswith("write =")]
    assert "system" not in write_classes
    assert "command" not in write_classes


def test_the_manager_user_is_sent_no_event_that_a_caller_wrote():
    text = render(username="dialer", secret=new_secret())["ringbank_manager.conf"]
    filters = [line.partition(" = ")[2] for line in text.splitlines() if "eventfilter" in line]
    assert filters[0].startswith("^Event: (Newchannel|")
    assert filters[1:3] == ["![[:cntrl:]]{4}[^[:cntrl:]]", "![[:cntrl:]][Ee][Vv][Ee][Nn][Tt]:"]


def test_a_caller_cannot_hide_an_event_as_one_of_a_channel_that_nobody_is_on():
    text = render(username="dialer", secret=new_secret())["ringbank_manager.conf"]
    *_, last = [line.partition(" = !")[2] for line in text.splitlines() if "eventfilter" in line]
    hidden = re.compile(last.replace("[[:cntrl:]]", "[\\x00-\\x1f]"))
    began = "Event: Hangup\r\nPrivilege: call,all\r\nChannel: "
    assert hidden.search(f"{began}OutgoingSpoolFailed\r\nChannelState: 0\r\n")
    assert not hidden.search(
        f"{began}PJSIP/x\r\nCallerIDName: a\r\nChannel: OutgoingSpoolFailed\r\n"
    )
    told = "Event: UserEvent\r\nPrivilege: user,all\r\nChannel: OutgoingSpoolFailed\r\n"
    assert not hidden.search(told), "by it the dialplan tells of the call"


RUNS_PROGRAMS = ("System", "TrySystem", "Exec", "TryExec", "ExecIf", "AGI", "EAGI", "ExternalIVR")


def test_the_dialplan_runs_no_program_and_filters_what_could_name_one():
    text = render(username="dialer", secret=new_secret())["ringbank_extensions.conf"]
    lines = [line.partition(",")[2] for line in text.splitlines() if re.match("exten| same", line)]
    steps = [re.sub(r"^(?:n|\d+)(?:\(\w+\))?,", "", line) for line in lines]
    steps = [re.sub(r"^1,", "", step) for step in steps]
    assert len(steps) > 200
    assert not [step for step in steps if re.match(rf"({'|'.join(RUNS_PROGRAMS)})\(", step)]
    assert not [step for step in steps if "SHELL(" in step or "EVAL(" in step]
    risky = [step for step in steps if re.match(r"(MixMonitor|Originate)\(", step)]
    assert len(risky) == 4
    for step in risky:
        bare = re.sub(r"\$\{FILTER\([^,]*,\$\{(?:[^{}]|\{[^{}]*\})*\}\)\}", "", step)
        assert "${" not in bare, step


@given(st.text(min_size=1))
def test_a_password_can_never_become_another_setting(secret):
    try:
        text = render(username="dialer", secret=secret)["ringbank_manager.conf"]
    except UsageError:
        return
    assert len(text.splitlines()) == len(
        render(username="dialer", secret="x")["ringbank_manager.conf"].splitlines()
    )
    assert f"\nsecret = {secret}\n" in text


@pytest.mark.parametrize(
    ("version", "number"),
    [("22.10.1~dfsg+~cs6", 22), ("Asterisk 18.10.0", 18), ("certified/18.9-cert5", 18),
     ("GIT-master-abc", None), ("", None)],
)  # fmt: skip
def test_versions_are_read_as_asterisk_writes_them(version, number):
    assert major(version) == number


def test_a_server_with_everything_lacks_nothing():
    assert missing("22.10.1", EVERYTHING) == ()


def test_each_thing_that_is_not_there_is_named_once():
    answers = EVERYTHING | {
        "IFMODULE(app_amd.so)": "0",
        "DIALPLAN_EXISTS(ringbank-agent,s,1)": "0",
        "DIALPLAN_EXISTS(ringbank-agent,sorry,1)": "",
    }
    assert [lack.what for lack in missing("16.30.0", answers)] == [
        "Asterisk 16.30.0", "app_amd.so", "ringbank-agent",
    ]  # fmt: skip


def test_a_server_that_cannot_tell_its_modules_is_asked_for_one_only():
    answers = {question: EVERYTHING[question] for question in QUESTIONS if "DIALPLAN" in question}
    assert [lack.what for lack in missing("22.1.0", answers)] == ["func_module.so"]
