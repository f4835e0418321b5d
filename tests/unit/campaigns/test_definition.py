"""A campaign file is read whole or refused with every reason at once."""

import json
from collections.abc import Mapping
from copy import deepcopy
from datetime import date, time, timedelta

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from campaigns.definition import read_definition
from campaigns.fields import duration_text, parse_duration
from campaigns.messages import KeyAction, KeyMeaning
from campaigns.model import (
    Campaign,
    DialMode,
    DispositionKind,
    GiveUp,
    MoveTo,
    Outcome,
    Question,
    QuestionType,
    RefusalReason,
    Retry,
)
from campaigns.pace_settings import PaceSettings
from campaigns.retry import FINAL_KINDS, LEAST_REST
from campaigns.scripts.settings import ScriptFiles
from leads.problems import Problem
from tests.unit.campaigns.examples import windows

FILE = """
name = "tariff-switch"
lists = ["bought-base-2026", "own-base"]
mode = "progressive"
starts = 2026-12-01
ends = 2026-12-20
priority = 60
trunk = "main"
caller_id = "+4721000000"
seller = "Example Telecom AS"
purpose = "sales"
audience = "business"
consent = ["phone_marketing", "recording"]

[hours]
mon_fri = [["10:00", "12:00"], ["13:00", "20:00"]]

[dialing]
ring_s = 30
max_attempts = 5
amd = "off"
on_machine = "hang_up"
abandon_limit = 0.02

[retry]
busy = { after = "15m", max = 3 }
no_answer = { after = "4h", max = 4, other_daypart = false }

[script]
file = "tariff-switch.md"

[[questions]]
key = "provider"
text = "Who is your provider today?"
type = "choice"
choices = ["Telia", "Telenor", "other"]

[[dispositions]]
code = "sale"
kind = "success"

[[refusal_reasons]]
code = "too_dear"
"""

BROADCAST = """
name = "turnout"
lists = ["members"]
mode = "broadcast"
trunk = "main"
caller_id = "+4721000000"
seller = "Example Party"
purpose = "political"
[message]
sound = "tt-allbusy"
keys = { 1 = "connect", 5 = "answer:support=yes", 8 = "callback", 9 = "do_not_call", "*" = "callback" }
"""


def campaign_of(text: str) -> Campaign:
    read = read_definition(text)
    assert isinstance(read, Campaign), read
    return read


def problems_of(text: str, **options: object) -> tuple[Problem, ...]:
    read = read_definition(text, **options)  # type: ignore[arg-type]
    assert isinstance(read, tuple), "the file should have been refused"
    return read


def places(text: str) -> list[str]:
    return sorted(problem.where for problem in problems_of(text))


def the_problem(text: str, **options: object) -> str:
    (problem,) = problems_of(text, **options)
    return str(problem)


def test_every_key_of_a_file_arrives_in_the_campaign() -> None:
    read = campaign_of(FILE)
    assert read.name == "tariff-switch"
    assert read.lists == ("bought-base-2026", "own-base")
    assert read.mode is DialMode.PROGRESSIVE
    assert (read.starts, read.ends) == (date(2026, 12, 1), date(2026, 12, 20))
    assert (read.priority, read.trunk, read.caller_id) == (60, "main", "+4721000000")
    assert (read.seller, read.purpose) == ("Example Telecom AS", "sales")
    assert read.audience == "business"
    assert read.consent == ("phone_marketing", "recording")
    assert (read.ring_s, read.max_attempts, read.abandon_limit) == (30, 5, 0.02)
    assert read.retry == {
        Outcome.BUSY: Retry(after=timedelta(minutes=15), max=3),
        Outcome.NO_ANSWER: Retry(after=timedelta(hours=4), max=4),
    }
    assert read.script == ScriptFiles(file="tariff-switch.md")
    assert read.questions == (
        Question(
            key="provider",
            text="Who is your provider today?",
            type=QuestionType.CHOICE,
            choices=("Telia", "Telenor", "other"),
        ),
    )
    assert read.refusal_reasons == (RefusalReason(code="too_dear", label="Too dear"),)
    assert read.message is None


def test_what_is_left_out_has_its_default() -> None:
    read = campaign_of(BROADCAST)
    assert (read.audience, read.priority, read.hours) == ("consumer", 50, None)
    assert (read.starts, read.ends, read.script) == (None, None, None)
    assert (read.ring_s, read.max_attempts, read.connect_within_s) == (25, 6, 2.0)
    assert read.retry == {}
    assert read.consent == ()


def test_a_script_may_have_variants_or_say_only_what_it_is_about() -> None:
    table = """[script]
file = "tariff-switch.md"
language = "en"
about = "your contract"
[script.languages]
nb = "tariff-switch.nb.md"
[script.about_in]
nb = "avtalen din"
"""
    plain = '[script]\nfile = "tariff-switch.md"\n'
    assert campaign_of(FILE.replace(plain, table)).script == ScriptFiles(
        file="tariff-switch.md",
        language="en",
        languages={"nb": "tariff-switch.nb.md"},
        about="your contract",
        about_in={"nb": "avtalen din"},
    )
    only = campaign_of(FILE.replace(plain, '[script]\nabout = "your contract"\n'))
    assert only.script == ScriptFiles(about="your contract")


@pytest.mark.parametrize(
    "kinds", ['["Phone marketing"]', "[]", '["a", "a"]', '"phone_marketing"', '[""]', "[1]"]
)
def test_a_consent_is_asked_for_by_its_kind(kinds: str) -> None:
    assert places(f"consent = {kinds}\n" + BROADCAST) == ["consent"]


def test_each_key_of_a_message_has_its_meaning() -> None:
    message = campaign_of(BROADCAST).message
    assert message is not None
    assert message.sound == "tt-allbusy"
    assert message.keys == {
        "1": KeyMeaning(action=KeyAction.CONNECT),
        "5": KeyMeaning(action=KeyAction.ANSWER, question="support", answer="yes"),
        "8": KeyMeaning(action=KeyAction.CALLBACK),
        "9": KeyMeaning(action=KeyAction.DO_NOT_CALL),
        "*": KeyMeaning(action=KeyAction.CALLBACK),
    }


# Hours


def hours_of(*lines: str) -> tuple[tuple[tuple[time, time], ...], ...]:
    read = campaign_of(BROADCAST + "[hours]\n" + "\n".join(lines))
    assert read.hours is not None
    return read.hours.days


@pytest.mark.parametrize(
    ("key", "open_days"),
    [
        ("all", "1111111"),
        ("mon_sat", "1111110"),
        ("mon_fri", "1111100"),
        ("sat_sun", "0000011"),
        ("wed", "0010000"),
    ],
)
def test_a_key_of_hours_opens_its_days(key: str, open_days: str) -> None:
    days = hours_of(f'{key} = [["09:00", "17:30"]]')
    assert days == tuple(windows("09:00-17:30") if day == "1" else () for day in open_days)


def test_the_narrower_key_overrides_the_wider_wherever_it_stands() -> None:
    days = hours_of(
        'sat = [["11:00", "12:00"]]',
        "wed = []",
        'sat_sun = [["10:00", "14:00"]]',
        'mon_fri = [["09:00", "20:00"]]',
        'all = [["08:00", "09:00"]]',
    )
    weekday, closed = windows("09:00-20:00"), ()
    assert days[:5] == (weekday, weekday, closed, weekday, weekday)
    assert days[5:] == (windows("11:00-12:00"), windows("10:00-14:00"))


def test_windows_are_put_in_order_and_may_meet_and_reach_midnight() -> None:
    days = hours_of('mon = [["20:00", "24:00"], ["00:00", "08:00"], ["08:00", "09:00"]]')
    assert days[0] == windows("00:00-08:00", "08:00-09:00", "20:00-24:00")


@pytest.mark.parametrize(
    ("line", "where", "why"),
    [
        ('mon = [["20:00", "10:00"]]', "hours.mon[1]", "end after it starts"),
        ('mon = [["10:00", "10:00"]]', "hours.mon[1]", "end after it starts"),
        ('mon = [["22:00", "00:00"]]', "hours.mon[1]", "end after it starts"),
        ('mon = [["24:00", "24:00"]]', "hours.mon[1]", "must be like"),
        ('mon = [["10:00", "24:30"]]', "hours.mon[1]", "must be like"),
        ('mon = [["8:00", "12:00"]]', "hours.mon[1]", "must be like"),
        ('mon = [["08:00", "12:60"]]', "hours.mon[1]", "must be like"),
        ('mon = [["10:00"]]', "hours.mon[1]", "must be like"),
        ('mon = [["08:00", "09:00"], "10:00"]', "hours.mon[2]", "must be like"),
        ('mon = "10:00-20:00"', "hours.mon", "list of windows"),
        ('mon = [["10:00", "14:00"], ["13:59", "15:00"]]', "hours.mon", "overlap at 13:59"),
        ('mon = [["10:00", "24:00"], ["13:00", "15:00"]]', "hours.mon", "overlap at 13:00"),
        ('mon = [["10:00", "11:00"]]\nfunday = []', "hours.funday", "unknown key"),
        ('mon = [["10:00", "11:00"]]\nholiday = []', "hours.holiday", "not supported"),
        ("mon = []", "hours", "opens on no day"),
        ("", "hours", "opens on no day"),
    ],
)
def test_a_bad_window_is_named(line: str, where: str, why: str) -> None:
    (problem,) = problems_of(f"{BROADCAST}[hours]\n{line}")
    assert problem.where == where
    assert why in problem.why


# Dispositions


def dispositions_of(*tables: str) -> dict[str, tuple[DispositionKind, str, bool]]:
    text = BROADCAST + "".join(f"[[dispositions]]\n{table}\n" for table in tables)
    return {
        word.code: (word.kind, word.label, word.hidden) for word in campaign_of(text).dispositions
    }


def test_one_disposition_for_each_kind_always_exists() -> None:
    words = dispositions_of()
    assert list(words) == [kind.value for kind in DispositionKind]
    assert all(code == kind for code, (kind, _, _) in words.items())
    assert words["do_not_call"] == (DispositionKind.DO_NOT_CALL, "Do not call", False)


def test_a_campaign_renames_hides_and_adds_dispositions_in_a_stable_order() -> None:
    words = dispositions_of(
        'code = "sale"\nkind = "success"',
        'code = "refusal"\nlabel = "Not interested"',
        'code = "hostile"\nhidden = true',
    )
    assert words["refusal"] == (DispositionKind.REFUSAL, "Not interested", False)
    assert words["hostile"] == (DispositionKind.HOSTILE, "Hostile", True)
    assert words["sale"] == (DispositionKind.SUCCESS, "Sale", False)
    assert list(words) == [*DispositionKind, "sale"]


@pytest.mark.parametrize("code", ["do_not_call", "deceased", "wrong_number"])
def test_what_protects_the_person_called_keeps_its_kind(code: str) -> None:
    line = the_problem(f'{BROADCAST}[[dispositions]]\ncode = "{code}"\nkind = "no_contact"')
    assert (
        line == f"dispositions[1].kind: a disposition '{code}' cannot be of the kind 'no_contact'"
    )
    assert code in dispositions_of(f'code = "{code}"\nkind = "{code}"\nlabel = "X"')


def test_a_campaigns_own_word_needs_a_kind() -> None:
    assert places(f'{BROADCAST}[[dispositions]]\ncode = "sale"') == ["dispositions[1].kind"]


# Problems


FULL: dict[str, object] = {
    "name": "tariff-switch",
    "lists": ["bought-base-2026"],
    "mode": "progressive",
    "trunk": "main",
    "caller_id": "+4721000000",
    "seller": "Example Telecom AS",
    "purpose": "sales",
    "audience": "consumer",
    "priority": 50,
    "hours": {"mon_fri": [["10:00", "20:00"]]},
    "dialing": {"ring_s": 25, "max_attempts": 6, "amd": "off"},
    "retry": {"busy": {"after": "15m", "max": 3}, "no_answer": {"after": "4h", "max": 4}},
    "script": {"file": "tariff-switch.md"},
    "questions": [
        {"key": "provider", "text": "Who?", "type": "choice", "choices": ["Telia", "other"]},
        {"key": "age", "text": "How old?", "type": "number"},
    ],
    "dispositions": [
        {"code": "sale", "kind": "success", "form": "order"},
        {"code": "later", "kind": "callback"},
    ],
    "order": {
        "currency": "NOK",
        "fields": {
            "name": {"type": "text", "required": True},
            "day": {"type": "date", "min": "tomorrow", "max": "+30d"},
            "due": {"type": "money", "max": 5000, "required_if": "day is known"},
            "call": {"type": "phone", "region": "NO"},
            "told": {"type": "told", "text": "Be at home.", "only_if": "day is known"},
        },
        "rules": [{"if": "day is known", "then": "due >= 100", "text": "A visit costs 100."}],
    },
    "refusal_reasons": [{"code": "price"}, {"code": "bound", "label": "Bound by contract"}],
}

FAULTS: list[tuple[tuple[str | int, ...], object, str]] = [
    (("name",), "", "name"),
    (("name",), "two\nlines", "name"),
    (("lists",), [], "lists"),
    (("lists",), ["a", "a"], "lists"),
    (("lists",), ["a", 1], "lists"),
    (("mode",), "progresive", "mode"),
    (("trunk",), 5, "trunk"),
    (("caller_id",), "21000000", "caller_id"),
    (("caller_id",), "+0721000000", "caller_id"),
    (("caller_id",), "+47 21 00 00 00", "caller_id"),
    (("seller",), " ", "seller"),
    (("purpose",), "marketing", "purpose"),
    (("audience",), ["consumer"], "audience"),
    (("priority",), 101, "priority"),
    (("priority",), -1, "priority"),
    (("priority",), True, "priority"),
    (("priority",), 50.0, "priority"),
    (("where",), "city = Oslo", "where, column 8"),
    (("where",), "", "where"),
    (("where",), ["a"], "where"),
    (("order", "fields"), {}, "order.fields"),
    (("order", "fields"), [], "order.fields"),
    (("order", "currency"), "kr", "order.currency"),
    (("order", "field"), {}, "order.field"),
    (("order", "fields", "name", "type"), "name", "order.fields.name.type"),
    (("order", "fields", "name", "choices"), ["a"], "order.fields.name.choices"),
    (("order", "fields", "name", "pattern"), "(a+)+", "order.fields.name.pattern"),
    (("order", "fields", "name", "requird"), True, "order.fields.name.requird"),
    (("order", "fields", "name", "only_if"), "paid > 3", "order.fields.name.only_if"),
    (("order", "fields", "name", "only_if"), "due > today", "order.fields.name.only_if"),
    (("order", "fields", "day", "min"), "soon", "order.fields.day.min"),
    (("order", "fields", "day", "min"), "+31d", "order.fields.day.max"),
    (("order", "fields", "due", "max"), 0.005, "order.fields.due.max"),
    (("order", "fields", "due", "text"), "Tell", "order.fields.due.text"),
    (("order", "fields", "call", "region"), "XX", "order.fields.call.region"),
    (("order", "fields", "told", "text"), "", "order.fields.told.text"),
    (("order", "fields", "2nd"), {"type": "text"}, "order.fields.2nd"),
    (("order", "rules", 0, "then"), "due + name == 3", "order.rules[1].then"),
    (("order", "rules", 0, "if"), "name is knwon", "order.rules[1].if"),
    (("order", "rules", 0, "text"), "", "order.rules[1].text"),
    (("priorty",), 50, "priorty"),
    (("starts",), "2026-12-01", "starts"),
    (("ends",), 2026, "ends"),
    (("hours",), [], "hours"),
    (("hours", "mon"), [["20:00", "10:00"]], "hours.mon[1]"),
    (("dialing", "ring_s"), 4, "dialing.ring_s"),
    (("dialing", "ring_s"), 121, "dialing.ring_s"),
    (("dialing", "ring_s"), "25", "dialing.ring_s"),
    (("dialing", "max_attempts"), 0, "dialing.max_attempts"),
    (("dialing", "max_attempts"), 100, "dialing.max_attempts"),
    (("dialing", "abandon_limit"), 0.031, "dialing.abandon_limit"),
    (("dialing", "abandon_limit"), -0.01, "dialing.abandon_limit"),
    (("dialing", "ratio"), 2.0, "dialing.ratio"),
    (("dialing", "soft_limit"), 0.031, "dialing.soft_limit"),
    (("dialing", "soft_limit"), -0.001, "dialing.soft_limit"),
    (("dialing", "amd"), "on", "dialing.amd"),
    (("dialing", "amd_when"), "after", "dialing.amd_when"),
    (("dialing", "on_machine"), "talk", "dialing.on_machine"),
    (("dialing", "amd_samples"), 1001, "dialing.amd_samples"),
    (("machine_message",), {"sound": "vm-intro"}, "machine_message"),
    (("dialing", "connect_within_s"), 2.0, "dialing.connect_within_s"),
    (("retry", "busy", "after"), "15 minutes", "retry.busy.after"),
    (("retry", "busy", "after"), "0m", "retry.busy.after"),
    (("retry", "busy", "after"), "999999w", "retry.busy.after"),
    (("retry", "busy", "max"), 0, "retry.busy.max"),
    (("retry", "no_answer"), "4h", "retry.no_answer"),
    (("retry", "no_answer", "other_daypart"), "yes", "retry.no_answer.other_daypart"),
    (("retry", "noanswer"), {"after": "4h", "max": 1}, "retry.noanswer"),
    (("retry", "busy", "growth"), 0.9, "retry.busy.growth"),
    (("retry", "busy", "growth"), 10.1, "retry.busy.growth"),
    (("retry", "busy", "growth"), "2", "retry.busy.growth"),
    (("retry", "busy", "up_to"), "1h", "retry.busy.up_to"),
    (("retry", "busy", "other_number"), 1, "retry.busy.other_number"),
    (("retry", "busy", "then"), "letters", "retry.busy.then"),
    (("retry", "busy", "then"), {}, "retry.busy.then.campaign"),
    (("retry", "busy", "then"), {"campaign": ""}, "retry.busy.then.campaign"),
    (("retry", "busy", "then"), {"give_up": "No luck"}, "retry.busy.then.give_up"),
    (("retry", "busy", "then"), {"give_up": "a", "campaign": "b"}, "retry.busy.then"),
    (("retry", "disposition"), [], "retry.disposition"),
    (("retry", "disposition"), {"sold": {"after": "1h", "max": 1}}, "retry.disposition.sold"),
    (("retry", "disposition"), {"language": "1h"}, "retry.disposition.language"),
    (
        ("retry", "disposition"),
        {"machine": {"after": "14m", "max": 1}},
        "retry.disposition.machine.after",
    ),
    (("retry", "disposition"), {"success": {"after": "1h", "max": 1}}, "retry.disposition.success"),
    (
        ("retry", "disposition"),
        {"wrong_number": {"after": "1h", "max": 1}},
        "retry.disposition.wrong_number",
    ),
    (("message",), {"sound": "hello"}, "message"),
    (("script", "file"), 1, "script.file"),
    (("script", "files"), "a.md", "script.files"),
    (("script",), {}, "script.file"),
    (("script", "language"), "norsk", "script.language"),
    (("script", "language"), "xx", "script.language"),
    (("script", "languages"), {"NB": "a.md"}, "script.languages.NB"),
    (("script", "languages"), {"nb": ""}, "script.languages.nb"),
    (("script", "languages"), "a.md", "script.languages"),
    (("script", "about"), "two\nlines", "script.about"),
    (("script", "about_in"), {"nb": "x"}, "script.about"),
    (("script",), {"about": "x", "languages": {"nb": "a.md"}}, "script.file"),
    (("questions", 0, "type"), "yes_no", "questions[1].type"),
    (("questions", 0, "choices"), [], "questions[1].choices"),
    (("questions", 1, "choices"), ["young", "old"], "questions[2].choices"),
    (("questions", 1, "key"), "provider", "questions[2].key"),
    (("questions", 1, "key"), "Age", "questions[2].key"),
    (("questions", 1, "key"), "message", "questions[2].key"),
    (("questions", 1, "text"), "", "questions[2].text"),
    (("dispositions", 1, "form"), "orders", "dispositions[2].form"),
    (("dispositions", 0, "kind"), "sold", "dispositions[1].kind"),
    (("dispositions", 1, "code"), "sale", "dispositions[2].code"),
    (("dispositions", 1, "code"), "Later!", "dispositions[2].code"),
    (("dispositions", 1, "hidden"), "yes", "dispositions[2].hidden"),
    (("refusal_reasons", 0, "offer"), "b", "refusal_reasons[1].offer"),
    (("refusal_reasons", 0, "offer"), {"campaign": "b"}, "refusal_reasons[1].offer.after"),
    (
        ("refusal_reasons", 0, "offer"),
        {"campaign": "b", "before": "60d"},
        "refusal_reasons[1].offer.before",
    ),
    (
        ("refusal_reasons",),
        [
            {
                "code": "bound_until",
                "needs": "date",
                "offer": {"campaign": "b", "before": "60d", "after": "30d"},
            }
        ],
        "refusal_reasons[1].offer.before",
    ),
    (
        ("refusal_reasons", 0, "offer"),
        {"campaign": "b", "after": "30d", "always": True},
        "refusal_reasons[1].offer.always",
    ),
    (
        ("refusal_reasons",),
        [{"code": "never", "hard": True, "offer": {"campaign": "b", "after": "30d"}}],
        "refusal_reasons[1].offer",
    ),
    (
        ("refusal_reasons",),
        [{"code": "never_by_phone", "offer": {"campaign": "b", "after": "30d"}}],
        "refusal_reasons[1].offer",
    ),
    (
        ("refusal_reasons",),
        [{"code": "data_deletion_request", "hard": False}],
        "refusal_reasons[1].hard",
    ),
    (("refusal_reasons", 0, "needs"), "number", "refusal_reasons[1].needs"),
    (("refusal_reasons", 0, "group"), "", "refusal_reasons[1].group"),
    (("callbacks",), {"owner": "me"}, "callbacks.owner"),
    (("callbacks",), {"grace": "0s"}, "callbacks.grace"),
    (("callbacks",), {"owners": "agent"}, "callbacks.owners"),
    (("refusal_reasons", 1, "code"), "price", "refusal_reasons[2].code"),
    (("refusal_reasons", 1, "label"), 7, "refusal_reasons[2].label"),
]


def put(document: dict[str, object], path: tuple[str | int, ...], value: object) -> None:
    place: object = document
    for step in path[:-1]:
        assert isinstance(place, dict | list)
        place = place[step]  # type: ignore[index]
    assert isinstance(place, dict | list)
    place[path[-1]] = value  # type: ignore[index]


def toml(document: Mapping[str, object]) -> str:
    return "\n".join(f"{key} = {inline(value)}" for key, value in document.items())


def inline(value: object) -> str:
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)} = {inline(item)}" for key, item in value.items())
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(inline, value))}]"
    return json.dumps(value)


@pytest.mark.parametrize(("path", "value", "where"), FAULTS)
def test_a_fault_is_told_with_its_full_key_and_nothing_else_is(
    path: tuple[str | int, ...], value: object, where: str
) -> None:
    document = deepcopy(FULL)
    campaign_of(toml(document))
    put(document, path, value)
    assert places(toml(document)) == [where]


def test_a_retry_does_not_end_where_it_began() -> None:
    document = deepcopy(FULL)
    put(document, ("retry", "busy", "then"), {"campaign": FULL["name"]})
    assert places(toml(document)) == ["retry.busy.then.campaign"]


def test_nobody_is_offered_the_campaign_that_they_refuse() -> None:
    document = deepcopy(FULL)
    put(document, ("refusal_reasons", 0, "offer"), {"campaign": FULL["name"], "after": "30d"})
    assert places(toml(document)) == ["refusal_reasons[1].offer.campaign"]


@given(st.lists(st.sampled_from(FAULTS), max_size=8, unique_by=lambda fault: fault[0][0]))
def test_all_faults_are_told_at_once(
    faults: list[tuple[tuple[str | int, ...], object, str]],
) -> None:
    modes = {value for path, value, _ in faults if path == ("mode",)}
    # Whether a message is out of place cannot be told where the mode cannot be read.
    assume("progresive" not in modes or all(where != "message" for _, _, where in faults))
    document = deepcopy(FULL)
    for path, value, _ in faults:
        put(document, path, value)
    read = read_definition(toml(document))
    told = [problem.where for problem in read] if isinstance(read, tuple) else []
    expected = [where for _, _, where in faults]
    assert sorted(told) == sorted(expected)


@pytest.mark.parametrize(
    "key", ["name", "lists", "mode", "trunk", "caller_id", "seller", "purpose"]
)
def test_a_missing_key_is_told(key: str) -> None:
    document = {name: value for name, value in FULL.items() if name != key}
    assert the_problem(toml(document)) == f"{key}: is missing"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (('sound = "tt-allbusy"', ""), "message.sound"),
        (('sound = "tt-allbusy"', 'sound = "hello,x"'), "message.sound"),
        (('5 = "answer:support=yes"', '5 = "answer:support"'), "message.keys.5"),
        (('5 = "answer:support=yes"', '5 = "answer:message=yes"'), "message.keys.5"),
        (('8 = "callback"', '8 = "call_back"'), "message.keys.8"),
        (('8 = "callback"', "8 = 8"), "message.keys.8"),
        (('8 = "callback"', '12 = "callback"'), "message.keys.12"),
        (('8 = "callback"', 'A = "callback"'), "message.keys.A"),
        (('8 = "callback"', '"#" = "callback"'), "message.keys.#"),
        (("keys = {", "key = {"), "message.key"),
    ],
)
def test_a_bad_message_is_told(change: tuple[str, str], where: str) -> None:
    assert change[0] in BROADCAST
    assert places(BROADCAST.replace(*change)) == [where]


def test_a_misspelt_mode_is_told_without_guesses_about_the_message() -> None:
    assert places(BROADCAST.replace('"broadcast"', '"brodcast"')) == ["mode"]
    assert places(FILE.replace('"progressive"', '"progresive"')) == ["mode"]


def test_a_broadcast_needs_a_message() -> None:
    assert the_problem(BROADCAST.partition("[message]")[0]) == "message.sound: is missing"


def test_a_key_may_only_give_an_answer_that_its_question_takes() -> None:
    question = '[[questions]]\nkey = "support"\ntext = "Do you?"\ntype = "choice"\nchoices = {}'
    campaign_of(BROADCAST + question.format('["yes", "no"]'))
    line = the_problem(BROADCAST + question.format('["aye", "nay"]'))
    assert line == "message.keys.5: 'yes' is no answer to 'support'; choose one of aye, nay"


def test_a_heard_broadcast_cannot_be_retried() -> None:
    retry = '[retry]\nconnected = { after = "1h", max = 2 }'
    assert places(BROADCAST + retry) == ["retry.connected"]


# Retries


def retry_of(*lines: str) -> Campaign:
    return campaign_of(FILE.replace("[retry]", "\n".join(["[retry]", *lines])))


def test_an_entry_says_more_than_when() -> None:
    read = retry_of(
        'abandoned = { after = "72h", max = 2, growth = 2, up_to = "300h", other_daypart = true,'
        ' other_number = true, then = { campaign = "letters" } }',
        'failed = { after = "1s", max = 9, growth = 1.5, then = { give_up = "no_line" } }',
    )
    assert read.retry[Outcome.ABANDONED] == Retry(
        after=timedelta(hours=72),
        max=2,
        factor=2.0,
        up_to=timedelta(hours=300),
        other_daypart=True,
        other_number=True,
        then=MoveTo("letters"),
    )
    assert read.retry[Outcome.FAILED] == Retry(
        after=timedelta(seconds=1), max=9, factor=1.5, then=GiveUp("no_line")
    )


def test_dispositions_have_entries_by_their_codes() -> None:
    read = campaign_of(
        FILE
        + """
[[dispositions]]
code = "gatekeeper"
kind = "no_contact"
[retry.disposition]
gatekeeper = { after = "1d", max = 2 }
wrong_number = { after = "15m", max = 3, other_number = true }
"""
    )
    assert read.retry_dispositions == {
        "gatekeeper": Retry(after=timedelta(days=1), max=2),
        "wrong_number": Retry(after=timedelta(minutes=15), max=3, other_number=True),
    }
    assert set(read.retry) == {Outcome.BUSY, Outcome.NO_ANSWER}


@pytest.mark.parametrize("kind", DispositionKind)
def test_no_file_retries_a_persons_last_word(kind: DispositionKind) -> None:
    entry = '{ after = "1h", max = 1, other_number = true }'
    text = f"""{FILE}
[[dispositions]]
code = "own_word"
kind = "{kind}"
[retry.disposition]
{kind} = {entry}
own_word = {entry}
"""
    if kind in FINAL_KINDS:
        assert places(text) == [f"retry.disposition.{kind}", "retry.disposition.own_word"] or (
            places(text) == ["retry.disposition.own_word", f"retry.disposition.{kind}"]
        )
    else:
        assert set(campaign_of(text).retry_dispositions) == {kind.value, "own_word"}


def test_final_are_the_words_that_end_it_for_good() -> None:
    assert {"success", "refusal", "do_not_call", "completed", "deceased", "hostile"} == FINAL_KINDS


@pytest.mark.parametrize("outcome", Outcome)
def test_no_file_undercuts_the_least_rest_and_the_least_is_named(outcome: Outcome) -> None:
    least = LEAST_REST[outcome]

    def text(rest: timedelta) -> str:
        kept = FILE.replace('busy = { after = "15m", max = 3 }', "").replace("no_answer = ", "# ")
        entry = f'{outcome} = {{ after = "{duration_text(rest)}", max = 1 }}'
        return kept.replace("[retry]", f"[retry]\n{entry}")

    assert campaign_of(text(least)).retry[outcome].after == least
    too_short = least - timedelta(seconds=1)
    line = the_problem(text(too_short))
    assert line == (
        f"retry.{outcome}.after: must be from {duration_text(least)} to 366d,"
        f" not {duration_text(too_short)}"
    )


def test_the_rest_that_may_grow_cannot_be_longer_than_it_grows_to() -> None:
    line = 'busy = { after = "2h", max = 3, growth = 2, up_to = "1h" }'
    text = FILE.replace('busy = { after = "15m", max = 3 }', line)
    assert the_problem(text) == "retry.busy.up_to: must be from 2h to 366d, not 1h"
    assert isinstance(read_definition(text.replace("1h", "2h")), Campaign)
    assert places(text.replace('"2h"', '"2"')) == ["retry.busy.after"]


def test_the_nearest_known_key_is_named() -> None:
    text = FILE.replace("ring_s", "ring_sec")
    assert the_problem(text) == "dialing.ring_sec: unknown key; the nearest known one is 'ring_s'"


def test_a_form_and_the_word_that_takes_it_belong_together() -> None:
    document = deepcopy(FULL)
    del document["order"]
    assert the_problem(toml(document)) == (
        "order: is missing, and 'sale' takes one; write what is in it, in [order.fields]"
    )
    document = deepcopy(FULL)
    put(document, ("dispositions", 0), {"code": "sale", "kind": "success"})
    assert the_problem(toml(document)) == (
        'order: no disposition takes one; add form = "order" to that for which it is filled in'
    )


def test_where_is_kept_as_written_and_a_fault_in_it_has_its_place() -> None:
    read = read_definition("where = 'city  =  \"Oslo\"'\n" + FILE)
    assert isinstance(read, Campaign)
    assert read.where == 'city  =  "Oslo"'
    assert the_problem("where = 'city = \"Oslo'\n" + FILE).endswith(
        "where, column 8: this quote is not closed; texts stand in quotes on both sides\n"
        '    city = "Oslo\n'
        "           ^"
    )


@pytest.mark.parametrize(("ratio", "read"), [("1", 1.0), ("1.0", 1.0), ("2.5", 2.5), ("10", 10.0)])
def test_a_ratio_goes_from_one_to_ten(ratio: str, read: float) -> None:
    campaign = campaign_of(in_mode("ratio", f"ratio = {ratio}"))
    assert (campaign.mode, campaign.pace.ratio) == (DialMode.RATIO, read)


@pytest.mark.parametrize("ratio", ["0.99", "10.01", "-2", "true", '"2"'])
def test_no_other_ratio_is_taken(ratio: str) -> None:
    assert places(in_mode("ratio", f"ratio = {ratio}")) == ["dialing.ratio"]


def test_a_ratio_belongs_to_its_mode_and_its_mode_to_a_ratio() -> None:
    assert the_problem(in_mode("ratio")) == (
        "dialing.ratio: is missing; write for example ratio = 2.0"
    )
    assert the_problem(in_mode("predictive", "ratio = 2.0")) == (
        "dialing.ratio: only mode ratio has one, and the mode is predictive"
    )
    assert campaign_of(in_mode("predictive")).pace == PaceSettings()


def test_the_soft_limit_is_at_most_the_limit() -> None:
    campaign = campaign_of(in_mode("predictive", "soft_limit = 0.02"))
    assert (campaign.abandon_limit, campaign.pace.soft_limit) == (0.02, 0.02)
    assert the_problem(in_mode("predictive", "soft_limit = 0.0201")) == (
        "dialing.soft_limit: must be from 0 to 0.02, not 0.0201"
    )


def in_mode(mode: str, dialing: str = "") -> str:
    """Return the file with another mode, and one more line in its [dialing]."""
    return FILE.replace('"progressive"', f'"{mode}"').replace(
        "abandon_limit = 0.02", f"abandon_limit = 0.02\n{dialing}"
    )


def test_a_campaign_cannot_end_before_it_starts() -> None:
    line = the_problem(FILE.replace("ends = 2026-12-20", "ends = 2026-11-30"))
    assert line == "ends: 2026-11-30 is before the start, 2026-12-01"
    campaign_of(FILE.replace("ends = 2026-12-20", "ends = 2026-12-01"))


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-12-01T10:00:00"])
def test_a_day_is_a_date_of_our_times(day: str) -> None:
    assert places(FILE.replace("starts = 2026-12-01", f"starts = {day}")) == ["starts"]


def test_a_trunk_must_be_one_of_the_configuration() -> None:
    assert isinstance(read_definition(FILE, trunks={"main"}), Campaign)
    line = the_problem(FILE, trunks=["backup", "mian"])
    assert line == "trunk: 'main' is not a trunk of the configuration; the nearest is 'mian'"
    assert places_with_no_trunks() == ["trunk"]


def places_with_no_trunks() -> list[str]:
    return [problem.where for problem in problems_of(FILE, trunks=[])]


def test_what_is_not_toml_is_told_once_with_its_line() -> None:
    (problem,) = problems_of('name = "a"\nlists = [1]\nmode = ?')
    assert problem.where == "line 3, column 8"
    assert problem.why.startswith("is not TOML: ")


@pytest.mark.parametrize(
    "text",
    ["a = " + "[" * 5000, "priority = " + "9" * 5000, "priority = 0x" + "f" * 5000, "x = "],
)
def test_the_strangest_file_is_a_problem_and_no_crash(text: str) -> None:
    assert problems_of(text)


MUTATION = st.one_of(
    st.sampled_from(['"', "[", "]", "{", "}", "=", "\n", "#", ".", "true", "-1", "''", "[[a]]"]),
    st.text(max_size=3),
)


@given(
    st.sampled_from([FILE, BROADCAST]),
    st.lists(st.tuples(st.integers(0, 1200), st.integers(0, 12), MUTATION), max_size=4),
)
@example(FILE, [(0, 1200, "")])
def test_a_mutilated_file_is_read_or_refused_and_never_raises(
    text: str, mutations: list[tuple[int, int, str]]
) -> None:
    for place, length, new in mutations:
        text = text[:place] + new + text[place + length :]
    read = read_definition(text)
    assert isinstance(read, Campaign) or (read and all(str(problem) for problem in read))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["code", "key", "after", "max", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
).filter(lambda value: "null" not in inline(value))


@given(st.dictionaries(st.sampled_from([*FULL, "message", "starts"]), VALUES, max_size=4))
def test_a_value_of_any_type_at_any_key_never_raises(values: dict[str, object]) -> None:
    read = read_definition(toml({**FULL, **values}))
    assert isinstance(read, Campaign) or read


# Durations


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("10s", timedelta(seconds=10)),
        ("15m", timedelta(minutes=15)),
        ("4h", timedelta(hours=4)),
        ("30d", timedelta(days=30)),
        ("2w", timedelta(weeks=2)),
        ("999999w", timedelta(weeks=999_999)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize("text", ["", "15", "m", "1.5h", "-1h", "1h30m", "15 m", "15M", "\u0661m"])
def test_anything_else_is_no_duration(text: str) -> None:
    assert parse_duration(text) is None
