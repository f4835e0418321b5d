"""Scenario files: who answers, dealt the same way every time, and every mistake told at once."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.lab.lab import TOWN, load_scenario
from dialer.lab.network import carrier_dialplan
from dialer.lab.scenario import ENDINGS, Kind, Person, parse_scenario
from leads.errors import UsageError

numbers = st.from_regex(r"\+[1-9][0-9]{6,13}", fullmatch=True)


def read(text):
    scenario, problems = parse_scenario(text)
    assert problems == ()
    assert scenario is not None
    return scenario


def wrong(text):
    scenario, problems = parse_scenario(text)
    assert scenario is None
    return [str(problem) for problem in problems]


@given(number=numbers, call_no=st.integers(1, 5))
def test_the_last_two_digits_decide(number, call_no):
    town = load_scenario(TOWN)
    twin = "+4700000" + number[-2:]
    assert town.kind_of(number, call_no) == town.kind_of(twin, call_no)


@given(
    shares=st.lists(st.integers(0, 50), min_size=1, max_size=9).filter(any),
    seed=st.integers(),
    taken=st.integers(0, 98),
)
def test_the_other_endings_are_dealt_by_share(shares, seed, taken):
    people = [
        f'[[people]]\nkind = "presses"\nkey = "{key}"\nshare = {share}'
        for key, share in enumerate(shares)
    ]
    text = "\n".join([f"seed = {seed}", "[endings]", f'"00-{taken:02}" = "busy"', *people])
    dealt = Counter(habit.first.key for habit in read(text).endings.values())
    left = 99 - taken
    assert dealt.pop("", 0) == taken + 1
    assert sum(dealt.values()) == left
    for key, share in enumerate(shares):
        assert abs(dealt[str(key)] - share / sum(shares) * left) < 1
    assert read(text) == read(text)


def test_another_seed_deals_the_same_people_to_other_endings():
    text = 'seed = {}\n[[people]]\nkind = "busy"\nshare = 30\n[[people]]\nkind = "dead"\nshare = 70'
    one, two = read(text.format(1)), read(text.format(2))
    assert one != two
    for town in (one, two):
        assert Counter(habit.first.kind for habit in town.endings.values()) == {
            Kind.BUSY: 30,
            Kind.DEAD: 70,
        }


def test_the_shipped_town_is_as_mixed_as_it_says():
    town = load_scenario(TOWN)
    kinds = Counter(habit.first.kind for habit in town.endings.values())
    assert set(town.endings) == set(ENDINGS)
    assert kinds[Kind.AGENT] == 1
    assert town.kind_of("+46317000099", 1).kind is Kind.AGENT
    for kind, share in {
        Kind.LISTENS: 36, Kind.RINGS: 15, Kind.PRESSES: 15, Kind.BUSY: 12, Kind.MACHINE: 12,
        Kind.DEAD: 6, Kind.CONGESTED: 4,
    }.items():  # fmt: skip
        assert abs(kinds[kind] - share) <= 5, kind
    keys = {habit.first.key for habit in town.endings.values()}
    assert keys >= {"1", "5", "8", "9"}
    busy = [habit for habit in town.endings.values() if habit.first.kind is Kind.BUSY]
    assert all(habit.then.kind is Kind.LISTENS for habit in busy)
    assert all(0 <= habit.first.ring_s <= 3 for habit in town.endings.values())


def test_a_number_of_its_own_goes_before_its_ending():
    town = read('[endings]\n"00-99" = "busy"\n[numbers]\n"+4721000001" = "dead"')
    assert town.kind_of("+4721000001", 1).kind is Kind.DEAD
    assert town.kind_of("+4721000101", 1).kind is Kind.BUSY


def test_a_busy_person_can_be_in_at_the_next_call():
    town = read('[endings]\n"00-99" = { kind = "busy", then = { kind = "listens", ring_s = 2 } }')
    calls = [town.kind_of("+4721000001", call_no) for call_no in (1, 2, 3)]
    assert [person.kind for person in calls] == [Kind.BUSY, Kind.LISTENS, Kind.LISTENS]
    assert calls[1] == Person(kind=Kind.LISTENS, ring_s=2)


def test_ringing_times_are_spread_over_a_range():
    town = read('[endings]\n"00-99" = { kind = "listens", ring_s = [1, 2] }')
    times = {habit.first.ring_s for habit in town.endings.values()}
    assert len(times) > 40
    assert all(1 <= time <= 2 for time in times)


def test_everything_that_is_wrong_is_told_at_once():
    told = wrong(
        """
        speed = 3
        [endings]
        "7" = "busy"
        "10-19" = "sleeps"
        "19" = { kind = "busy", after_s = 2, colour = "red" }
        "20-21" = "busy"
        "21" = "busy"
        [numbers]
        "4721000001" = "busy"
        [[people]]
        kind = "presses"
        ring_s = [3, 1]
        share = -1
        """
    )
    wheres = {line.partition(":")[0] for line in told}
    assert wheres == {
        "speed", "endings.7", "endings.10-19.kind", "endings.19.after_s", "endings.19.colour",
        "endings.21", "numbers.4721000001", "people[1].key", "people[1].ring_s",
        "people[1].share",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("seed = ", "is not TOML"),
        ('[endings]\n"07" = "busy"', "nobody answers for the ending 00"),
        ('[[people]]\nkind = "busy"\nshare = 0', "nobody answers"),
        ('[endings]\n"19-10" = "busy"\n"00-99" = "busy"', "a range"),
        ("people = 3", "[[people]]"),
        ("endings = 3", "must be a table"),
        ("[endings]\n\"00-99\" = 3", "must be a kind"),
        ('seed = "x"\n[endings]\n"00-99" = "busy"', "whole number"),
        ('[endings]\n"00-99" = { kind = "busy", ring_s = [1] }', "shortest and the longest"),
        ('[endings]\n"00-99" = { kind = "busy", key = "1" }', "means nothing for busy"),
        ('[endings]\n"00-99" = { kind = "busy", ring_s = true }', "must be a number"),
        ('[endings]\n"00-99" = { kind = "busy", then = "sleeps" }', "must be one of"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_says_how(text, told):
    assert any(told in line for line in wrong(text))


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("0129-abkind \n") | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("kinds_0-9"), inner),
    max_leaves=8,
)


@given(st.text())
def test_no_text_brings_the_parser_down(text):
    scenario, problems = parse_scenario(text)
    assert (scenario is None) == bool(problems)


@given(entry=st.dictionaries(st.sampled_from(["kind", "share", "ring_s", "after_s", "key", "then"]),
                             st.sampled_from(['"busy"', '"presses"', "1", "-1", "[1, 2]", "nan",
                                              '"5"', "{}", "true", "1.5", "inf", "[]"])))  # fmt: skip
def test_no_value_brings_the_parser_down(entry):
    text = "[[people]]\n" + "\n".join(f"{key} = {value}" for key, value in entry.items())
    scenario, problems = parse_scenario(text)
    assert (scenario is None) == bool(problems)


def test_a_file_that_is_not_there_names_the_way_out(tmp_path: Path):
    with pytest.raises(UsageError, match="--scenario"):
        load_scenario(tmp_path / "none.toml")


def test_the_carriers_dialplan_leads_every_ending_to_its_person():
    town = read(
        '[endings]\n"00-98" = "dead"\n"99" = { kind = "presses", key = "5", after_s = 1.5 }\n'
        '[numbers]\n"+4721000001" = { kind = "busy", then = "agent" }'
    )
    lines = carrier_dialplan(town).splitlines()
    assert lines.count("exten => 07,1,Goto(person-1,s,1)") == 1
    assert "Goto(person-2,s,1)" in next(line for line in lines if line.startswith("exten => 99"))
    own = lines.index("exten => +4721000001,1,Gosub(count,s,1)")
    assert lines[own + 1] == " same => n,GotoIf($[${CALL_NO} > 1]?person-4,s,1:person-3,s,1)"
    presses = lines[lines.index("[person-2]") :]
    assert presses[1:6] == [
        "exten => s,1,Set(CDR(kind)=presses)",
        " same => n,Ringing()",
        " same => n,Wait(1)",
        " same => n,Answer()",
        " same => n,Playback(silence/1)",
    ]
    assert " same => n,SendDTMF(5)" in presses


def test_a_telephone_hums_its_tone_and_keeps_what_it_hears():
    scenario = read('[endings]\n"00-98" = "busy"\n"99" = { kind = "hums", hz = 700 }')
    assert scenario.kind_of("+4721000099", 1) == Person(kind=Kind.HUMS, ring_s=0.0, hz=700)
    plan = carrier_dialplan(scenario)
    assert "Playtones(700)" in plan
    assert "MixMonitor(,r(heard/${NUMBER}.wav))" in plan


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{ kind = "hums", hz = 199 }', "hz: must be a whole number from 200 to 3400"),
        ('{ kind = "hums", hz = 3401 }', "hz: must be a whole number from 200 to 3400"),
        ('{ kind = "hums", hz = true }', "hz: must be a whole number from 200 to 3400"),
        ('{ kind = "agent", hz = 700 }', "hz: means nothing for agent"),
    ],
)
def test_a_tone_that_no_telephone_carries_is_told(line, told):
    (problem,) = wrong(f'[endings]\n"00-98" = "busy"\n"99" = {line}')
    assert told in problem


@pytest.mark.parametrize("hz", [200, 3400])
def test_the_lowest_and_the_highest_tone_are_tones(hz):
    scenario = read(f'[endings]\n"00-98" = "busy"\n"99" = {{ kind = "hums", hz = {hz} }}')
    assert scenario.kind_of("+4721000099", 1).hz == hz
