"""A rule file is read whole, or refused with every reason, its line and what to do."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.rules.kinds import DUTIES
from campaigns.rules.lines import line_of, places_of
from campaigns.rules.model import (
    AbandonmentRule,
    AbandonPeriod,
    Applies,
    Calendar,
    CapRule,
    Confidence,
    ConnectFrom,
    ConsentRule,
    CooldownRule,
    Counted,
    Duty,
    Event,
    Exempt,
    Force,
    HoursRule,
    Jurisdiction,
    Loosening,
    Need,
    Period,
    RegistryList,
    RegistryRule,
    Relation,
    Rule,
    Status,
)
from campaigns.rules.reading import read_jurisdiction
from leads.problems import Problem
from tests.unit.campaigns.examples import windows

HEAD = """schema = 1
id = "us-fl"
name = "Florida"
checked = 2026-11-22
match = { countries = ["US"], subdivisions = ["US-FL"], presume_by_area_code = true }
"""
COMMON = 'force = "law"\nconfidence = "high"\nsource = ["Fla. Stat. 501.059"]\n'


def rule(kind: str, values: str, *, name: str = "", common: str = COMMON) -> str:
    return f'\n[[{kind}]]\nid = "us-fl.{name or kind}"\n{common}{values}\n'


HOURS = rule(
    "hours", 'windows = { mon_sat = [["08:00", "20:00"]], sun = [], holiday = "as_weekday" }'
)


def read(text: str, *, own: bool = False, thorough: bool = False) -> Jurisdiction:
    found = read_jurisdiction(text, file="us-fl.toml", own=own, thorough=thorough)
    assert isinstance(found, Jurisdiction), [str(problem) for problem in found]
    return found


def the_rule(kind: str, values: str, *, common: str = COMMON) -> Rule:
    (found,) = read(HEAD + rule(kind, values, common=common)).rules
    return found


def problems(text: str, *, own: bool = False, thorough: bool = False) -> tuple[Problem, ...]:
    found = read_jurisdiction(text, file="us-fl.toml", own=own, thorough=thorough)
    assert isinstance(found, tuple), "nothing was refused"
    assert all(problem.where.startswith("us-fl.toml") for problem in found)
    return found


def the_fault(text: str, *, own: bool = False, thorough: bool = False) -> str:
    found = problems(text, own=own, thorough=thorough)
    assert len(found) == 1, [str(problem) for problem in found]
    return str(found[0]).removeprefix("us-fl.toml, ")


# -- what is read --------------------------------------------------------------------------


def test_the_head_and_its_calendar() -> None:
    found = read(
        HEAD
        + """
[calendar]
country = "US"
subdivision = "from_address"
unknown_subdivision = "union"
add = ["12-24 Christmas Eve", "02-29 Leap day", "2027-01-04 Some day"]
drop = ["Columbus Day"]
"""
    )
    assert found == Jurisdiction(
        id="us-fl",
        name="Florida",
        checked=date(2026, 11, 22),
        countries=frozenset({"US"}),
        subdivisions=frozenset({"US-FL"}),
        presume_by_area_code=True,
        calendar=Calendar(
            country="US",
            from_address=True,
            union=True,
            add=(("12-24", "Christmas Eve"), ("02-29", "Leap day"), ("2027-01-04", "Some day")),
            drop=("Columbus Day",),
        ),
    )
    plain = read(HEAD + 'calendar = { country = "US", subdivision = "FL" }').calendar
    assert plain == Calendar(country="US", subdivision="FL")
    assert read(HEAD + 'calendar = { country = "US", subdivision = "" }').calendar.subdivision == ""


def test_what_every_rule_says_of_itself() -> None:
    found = the_rule(
        "cap",
        """max = 3
per = { kind = "rolling_hours", n = 24 }
valid_from = 1991-12-20
valid_until = 2027-06-30
applies = { audience = ["consumer"], purpose = ["sales"], mode = ["broadcast"], \
voice = ["synthetic"], line = ["mobile"], caller = ["hired"], topic = ["pensions"] }
exempt = { caller = ["nonprofit"], purpose = ["survey"], consent = ["phone_marketing"], \
relation = [{ kind = "customer", months = 18 }, { kind = "inquiry" }] }
unless = ["consent:night_calls", "agent_reserved"]
note = \"\"\"
Two
lines.\"\"\"
""",
        common='force = "guidance"\nconfidence = "medium"\nsource = ["a", "b"]\n'
        'status = "proposed"\n',
    )
    assert found == CapRule(
        id="us-fl.cap",
        force=Force.GUIDANCE,
        confidence=Confidence.MEDIUM,
        source=("a", "b"),
        status=Status.PROPOSED,
        valid_from=date(1991, 12, 20),
        valid_until=date(2027, 6, 30),
        applies=Applies(
            audience=frozenset({"consumer"}),
            purpose=frozenset({"sales"}),
            mode=frozenset({"broadcast"}),
            voice=frozenset({"synthetic"}),
            line=frozenset({"mobile"}),
            caller=frozenset({"hired"}),
            topic=frozenset({"pensions"}),
        ),
        exempt=Exempt(
            caller=frozenset({"nonprofit"}),
            purpose=frozenset({"survey"}),
            relation=(
                Relation(kind="customer", months=18),
                Relation(kind="inquiry", months=0),
            ),
            consent=frozenset({"phone_marketing"}),
        ),
        unless_consent=frozenset({"night_calls"}),
        unless_agent_reserved=True,
        note="Two\nlines.",
        file="us-fl.toml",
        max=3,
        period=Period.ROLLING_HOURS,
        n=24,
    )


def test_hours_and_their_holidays() -> None:
    day, shut = windows("08:00-20:00"), ()
    for holiday, windows_then in (
        ('"as_weekday"', None),
        ("[]", ()),
        ('[["10:00", "24:00"]]', ((time(10), time.min),)),
    ):
        found = the_rule(
            "hours",
            f'windows = {{ all = [["08:00", "20:00"]], sun = [], holiday = {holiday} }}',
        )
        assert isinstance(found, HoursRule)
        assert found.days == (day,) * 6 + (shut,)
        assert found.holiday == windows_then


def test_hours_that_forbid_every_call_say_so() -> None:
    found = the_rule("hours", "windows = { all = [], holiday = [] }")
    assert isinstance(found, HoursRule)
    assert found.days == ((),) * 7


def test_caps_and_cooldowns() -> None:
    cap = the_rule(
        "cap",
        'max = 0\nper = { kind = "campaign" }\ncount = "conversations"\n'
        'key = ["subject", "person"]',
    )
    assert isinstance(cap, CapRule)
    assert (cap.max, cap.period, cap.counted) == (0, Period.CAMPAIGN, Counted.CONVERSATIONS)
    assert cap.key == {"person", "subject"}
    cooldown = the_rule("cooldown", 'after = "refused"\nwait = { kind = "calendar_days", n = 60 }')
    assert isinstance(cooldown, CooldownRule)
    assert (cooldown.after, cooldown.period, cooldown.n) == (
        Event.REFUSED,
        Period.CALENDAR_DAYS,
        60,
    )
    assert cooldown.key == {"person"}


def test_registries_and_consents() -> None:
    registry = the_rule(
        "registry",
        'registry = "us-ndncr"\ntitle = "National Do Not Call Registry"\nmax_age_days = 31\n'
        'list = "reassigned"\nformats = ["txt"]\ngranularity = "area_code"\nfreshness = "x"',
    )
    assert isinstance(registry, RegistryRule)
    assert (registry.registry, registry.list) == ("us-ndncr", RegistryList.REASSIGNED)
    assert (registry.max_age_days, registry.formats) == (31, ("txt",))
    bare = the_rule("registry", 'registry = "fl"\ntitle = "Florida list"\nformats = []')
    assert isinstance(bare, RegistryRule)
    assert (bare.max_age_days, bare.list, bare.formats) == (None, RegistryList.OPT_OUT, ())
    consent = the_rule("consent", 'need = "written"\nkind = "automated_calls"')
    assert isinstance(consent, ConsentRule)
    assert (consent.need, consent.kind) == (Need.WRITTEN, "automated_calls")
    forbidden = the_rule("consent", 'need = "forbidden"')
    assert isinstance(forbidden, ConsentRule)
    assert (forbidden.need, forbidden.kind) == (Need.FORBIDDEN, "")


def test_abandonment() -> None:
    found = the_rule(
        "abandonment",
        """max_rate = 0.03
guard_rate = 0.025
safe_harbor = true
period = { kind = "campaign_blocks", n = 30 }
group = ["campaign", "call_centre"]
numerator = ["abandoned", "connected_late"]
numerator_minus = ["machine_share_of_abandoned"]
denominator = ["human_answered"]
connect = { within_s = 2, from = "greeting_end" }
min_ring_s = 15
max_ring_s = 60

[abandonment.message]
required = true
within_s = 2.5
states = ["seller_name"]
opt_out = "keypress_or_voice"
""",
    )
    assert isinstance(found, AbandonmentRule)
    assert (found.max_rate, found.guard_rate, found.safe_harbor) == (0.03, 0.025, True)
    assert (found.period, found.n) == (AbandonPeriod.CAMPAIGN_BLOCKS, 30)
    assert found.group == ("campaign", "call_centre")
    assert found.numerator == ("abandoned", "connected_late")
    assert found.numerator_minus == ("machine_share_of_abandoned",)
    assert found.denominator == ("human_answered",)
    assert (found.connect_within_s, found.connect_from) == (2.0, ConnectFrom.GREETING_END)
    assert (found.message_required, found.message_within_s) == (True, 2.5)
    assert (found.message_states, found.message_opt_out) == (("seller_name",), "keypress_or_voice")
    assert (found.min_ring_s, found.max_ring_s, found.message_marketing) == (15, 60, False)


@pytest.mark.parametrize("topic", DUTIES)
def test_duties_say_what_they_say_in_words(topic: str) -> None:
    found = the_rule(
        topic,
        """present = true
forbid = ["withheld", "premium"]
keep = "5 years"
at_most = 3
apply_within = { kind = "business_days", n = 10 }
at = { kind = "at_once" }
more = { first_line = "name", second = ["a", "b"] }""",
    )
    assert isinstance(found, Duty)
    assert found.topic == topic
    assert found.says == {
        "present": "yes",
        "forbid": "withheld, premium",
        "keep": "5 years",
        "at_most": "3",
        "apply_within": "10 business days",
        "at": "at once",
        "more": "first line: name; second: a, b",
    }


def test_rules_stand_in_the_order_of_the_file() -> None:
    two = rule("retain", 'keep = "1 year"') + HOURS + rule("retain", 'keep = "2"', name="second")
    assert [one.id for one in read(HEAD + two).rules] == [
        "us-fl.retain",
        "us-fl.second",
        "us-fl.hours",
    ]


def test_an_own_file_may_loosen_and_leave_out_what_goes_without_saying() -> None:
    text = (
        HEAD.replace("checked = 2026-11-22\n", "")
        + rule(
            "cap", 'max = 2\nper = { kind = "calendar_week" }', common='source = ["the board"]\n'
        )
        + """
[[loosen]]
rule = "us.hours"
by = "K. Nordmann"
reason = "Asked counsel"
valid_until = 2027-01-31
"""
    )
    found = read(text, own=True)
    assert (found.own, found.checked) == (True, None)
    assert (found.rules[0].force, found.rules[0].confidence) == (Force.OWN, Confidence.HIGH)
    assert found.loosened == (
        Loosening(
            rule="us.hours",
            by="K. Nordmann",
            reason="Asked counsel",
            valid_until=date(2027, 1, 31),
        ),
    )


# -- what is refused -----------------------------------------------------------------------

LATE = HEAD.count("\n")
"""The lines of the head; a rule after it begins with an empty one, its table and its id."""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (HEAD.replace("schema = 1", "schema = 2"), "line 1, schema: this version reads 1"),
        (HEAD.replace("schema = 1\n", ""), "schema: is missing"),
        (HEAD.replace('"us-fl"', '"us-ga"'), "line 2, id: must be the file's name, 'us-fl'"),
        (HEAD.replace("checked = 2026-11-22\n", ""), "checked: is missing"),
        (HEAD.replace('["US"]', '["us"]').replace(', subdivisions = ["US-FL"], presume_by_area_code = true', ""), "line 5, match.countries"),
        (HEAD.replace('["US-FL"]', '["CA-ON"]'), "line 5, match.subdivisions: CA-ON is in no"),
        (HEAD.replace('["US-FL"]', '["FL"]'), 'line 5, match.subdivisions: must be like "US-FL"'),
        (HEAD.replace('subdivisions = ["US-FL"], ', ""), "line 5, match.presume_by_area_code"),
        (HEAD + "chekced = 1", "line 6, chekced: unknown key; the nearest known one is 'checked'"),
        (HEAD + '[calendar]\ncountry = "US"\nadd = ["02-30 No"]', "line 8, calendar.add: there is no"),
        (HEAD + '[calendar]\ncountry = "US"\nadd = ["2027-02-29 No"]', "line 8, calendar.add: there"),
        (HEAD + '[calendar]\nadd = ["Easter"]', "line 7, calendar.add: must be like"),
        (HEAD + '[calendar]\nsubdivision = "FL"', "line 7, calendar.subdivision: needs a country"),
        (HEAD + '[[loosen]]\nrule = "us.hours"', "line 6, loosen: only an operator's own file"),
        (HEAD + "x = y", "line 6, column 5: is not TOML"),
        (HEAD.replace('["US"]', '["US", "*"]'), 'line 5, match.countries: "*" is every country'),
        (HEAD.replace('["US"]', '["CA"]').replace("US-FL", "CA-ON"), "line 5, match.countries: must name US"),
    ],
)  # fmt: skip
def test_a_fault_of_the_head(text: str, fault: str) -> None:
    assert the_fault(text).startswith(fault)


PER = 'per = { kind = "rolling_hours", n = 24 }\n'
SOURCE = 'source = ["Fla. Stat. 501.059"]\n'


@pytest.mark.parametrize(
    ("kind", "values", "common", "line", "fault"),
    [
        ("cap", f"{PER}max = -1", COMMON, 5, "cap.max: must be from 0 to"),
        ("cap", f"{PER}max = 1\nmaximum = 2", COMMON, 6, "cap.maximum: unknown key; the nearest known one is 'max'"),
        ("cap", "max = 1", COMMON, -1, "cap.per: is missing"),
        ("cap", 'max = 1\nper = { kind = "rolling_hour", n = 2 }', COMMON, 5, "cap.per.kind: must be one of"),
        ("cap", 'max = 1\nper = { kind = "campaign", n = 2 }', COMMON, 5, "cap.per.n: campaign has no"),
        ("cap", 'max = 1\nper = { kind = "forever" }', COMMON, 5, "cap.per.kind: must be one of"),
        ("cap", f'{PER}max = 1\nkey = ["persons"]', COMMON, 6, "cap.key: 'persons' is not known; the nearest is 'person'"),
        ("cap", f"{PER}max = 1", COMMON.replace(SOURCE, ""), -1, "cap.source: is missing"),
        ("cap", f"{PER}max = 1", COMMON.replace(SOURCE, "source = []\n"), 3, "cap.source: must be a list of texts"),
        ("cap", f"{PER}max = 1", COMMON.replace(SOURCE, 'source = [" "]\n'), 3, "cap.source: must be a list of texts"),
        ("cap", f"{PER}max = 1", COMMON.replace("high", "low"), 2, "cap.confidence: what is low is not enforced"),
        ("cap", f"{PER}max = 1", COMMON.replace("law", "laws"), 1, "cap.force: must be one of law"),
        ("cap", f"{PER}max = 1", COMMON.replace('force = "law"\n', ""), -1, "cap.force: is missing"),
        ("cap", f'{PER}max = 1\nstatus = "on"', COMMON, 6, "cap.status: must be one of"),
        ("cap", f"{PER}max = 1\nvalid_from = 2026-01-02\nvalid_until = 2026-01-01", COMMON, 7, "cap.valid_until: 2026-01-01 is before"),
        ("cap", f'{PER}max = 1\napplies = {{ mode = ["auto"] }}', COMMON, 6, "cap.applies.mode: 'auto' is not known"),
        ("cap", f'{PER}max = 1\napplies = {{ modes = ["manual"] }}', COMMON, 6, "cap.applies.modes: unknown key"),
        ("cap", f'{PER}max = 1\nexempt = {{ relation = [{{ kind = "friend" }}] }}', COMMON, 6, "cap.exempt.relation[1].kind: must be one of"),
        ("cap", f'{PER}max = 1\nunless = ["agent"]', COMMON, 6, "cap.unless: must be"),
        ("cap", f'{PER}max = 1\nunless = ["consent:"]', COMMON, 6, "cap.unless: must be"),
        ("cooldown", 'after = "busy"\nwait = { kind = "forever" }', COMMON, 4, "cooldown.after: must be one of"),
        ("cooldown", 'after = "refused"\nwait = { kind = "calendar_week" }', COMMON, 5, "cooldown.wait.kind: must be one of"),
        ("registry", 'registry = "US NDNCR"\ntitle = "x"', COMMON, 4, "registry.registry: may only hold"),
        ("registry", 'registry = "us"\ntitle = "x"\nlist = "out"', COMMON, 6, "registry.list: must be one of"),
        ("consent", 'need = "express"', COMMON, -1, "consent.kind: is missing"),
        ("consent", 'need = "forbidden"\nkind = "phone_marketing"', COMMON, 5, "consent.kind: what is forbidden"),
        ("consent", 'need = "written"\nkind = "Phone Marketing"', COMMON, 5, "consent.kind: 'Phone Marketing' is no kind"),
        ("hours", 'windows = { all = [["08:00", "21:00"]] }', COMMON, 4, "hours.windows.holiday: is missing"),
        ("hours", 'windows = { all = [["08:00", "21:00"]], holiday = "closed" }', COMMON, 4, "hours.windows.holiday: must not be 'closed'"),
        ("hours", 'windows = { holiday = [["08:00", "21:00"]] }', COMMON, 4, "hours.windows: opens on no day"),
        ("hours", "windows = { mon_fri = [], holiday = [] }", COMMON, 4, "hours.windows: opens on no day"),
        ("hours", 'windows = { all = [["21:00", "08:00"]], holiday = [] }', COMMON, 4, "hours.windows.all[1]: must end after"),
        ("hours", 'windows = { all = [["08:00", "12:00"], ["11:59", "13:00"]], holiday = [] }', COMMON, 4, "hours.windows.all: its windows overlap at 11:59"),
        ("hours", 'windows = { all = [], holiday = [["08:00", "12:00"], ["11:00", "13:00"]] }', COMMON, 4, "hours.windows.holiday: its windows overlap"),
        ("hours", 'windows = { all = [["08:00", "12:00"]], mondays = [], holiday = [] }', COMMON, 4, "hours.windows.mondays: unknown key"),
        ("hours", "", COMMON, -1, "hours.windows: is missing"),
        ("abandonment", 'max_rate = 0.03\nperiod = { kind = "calendar_day" }\nnumerator = ["abandoned"]', COMMON, -1, "abandonment.denominator: is missing"),
        ("abandonment", 'max_rate = 0.03\nguard_rate = 0.04\nperiod = { kind = "calendar_day" }\nnumerator = ["abandoned"]\ndenominator = ["answered"]', COMMON, 5, "abandonment.guard_rate: must not be above max_rate, 0.03"),
        ("cap", f'{PER}max = 1\nexempt = {{ consent = ["All Calls"] }}', COMMON, 6, "cap.exempt.consent: 'All Calls' is no kind of consent"),
        ("abandonment", 'guard_rate = 1.5\nperiod = { kind = "calendar_day" }', COMMON, 4, "abandonment.guard_rate: must be from 0 to 1"),
        ("abandonment", 'period = { kind = "calendar_day" }\nnumerator = ["lost"]', COMMON, 5, "abandonment.numerator: 'lost' is not known"),
        ("retain", "", COMMON, -1, "retain: says nothing"),
        ("retain", 'keep = "5 years"\nvalid_untill = 2026-01-01', COMMON, 5, "retain.valid_untill: is not known, but 'valid_until' is"),
        ("retain", "keep = [[1]]", COMMON, 4, "retain.keep: must be a text"),
    ],
)  # fmt: skip
def test_a_fault_of_a_rule_is_told_with_its_line(
    kind: str, values: str, common: str, line: int, fault: str
) -> None:
    """A line counts from the rule's id (0); -1 is its table, where the key is missing."""
    told = the_fault(HEAD + rule(kind, values, common=common))
    assert told.startswith(f"line {LATE + 3 + line}, {fault}"), told


def test_an_id_belongs_to_its_file_and_stands_once() -> None:
    foreign = HOURS.replace("us-fl.hours", "us.hours")
    assert the_fault(HEAD + foreign).startswith('line 8, hours.id: must be like "us-fl.hours"')
    assert "hours.id: must be" in the_fault(HEAD + HOURS.replace("us-fl.hours", "us-fl"))
    duty = rule("retain", 'keep = "5 years"', name="hours")
    told = the_fault(HEAD + HOURS + duty)
    assert told.startswith("line 15, retain.id: 'us-fl.hours' stands twice")


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ('by = "me"\nreason = "Asked counsel"', "line 6, loosen.rule: is missing"),
        ('rule = "us.hours"\nreason = "Asked counsel"', "line 6, loosen.by: is missing"),
        ('rule = "us.hours"\nby = "me"', "line 6, loosen.reason: is missing"),
        ('rule = "us.hours"\nby = "me"\nreason = "ask legal 1"', "line 9, loosen.reason: must say"),
        ('rule = "a.b"\nby = "me"\nreason = "Asked counsel"\nuntil = 1', "line 10, loosen.until"),
    ],
)
def test_nobody_loosens_without_a_name_and_a_reason(values: str, fault: str) -> None:
    assert the_fault(f"{HEAD}[[loosen]]\n{values}", own=True).startswith(fault)


def test_ten_letters_are_a_reason_and_nine_are_none() -> None:
    text = HEAD + '[[loosen]]\nrule = "us.hours"\nby = "me"\nreason = '
    assert read(f'{text}"a b c d e f g h i j"', own=True).loosened[0].by == "me"
    assert "10 letters" in the_fault(f'{text}"a b c d e f g h i 1 2 3"', own=True)


def test_a_rule_is_loosened_once() -> None:
    one = '[[loosen]]\nrule = "us.hours"\nby = "me"\nreason = "Asked counsel"\n'
    told = the_fault(HEAD + one + one, own=True)
    assert told.startswith("line 11, loosen.rule: 'us.hours' is loosened twice")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"US"', '"US", "UK"', "line 5, match.countries: there is no UK"),
        ('["US-FL"]', '["US-FX"]', "line 5, match.subdivisions: there is no US-FX"),
        ('{ country = "US"', '{ country = "UX"', "line 6, calendar.country: UX has no calendar"),
        ('subdivision = "FL"', 'subdivision = "FX"', "line 6, calendar.subdivision: US has no FX"),
        ("Labor Day", "Labour Day", "line 6, calendar.drop: no holiday is called 'Labour Day'; the nearest is 'Labor Day'"),
        ('country = "US", subdivision = "FL", ', "", "line 6, calendar.drop: there is no holiday"),
    ],
)  # fmt: skip
def test_what_does_not_exist_is_told_by_who_looks_closely(old: str, new: str, fault: str) -> None:
    text = HEAD + 'calendar = { country = "US", subdivision = "FL", drop = ["Labor Day"] }'
    assert read(text, thorough=True).calendar.drop == ("Labor Day",)
    changed = text.replace(old, new, 1)
    assert changed != text
    assert the_fault(changed, thorough=True).startswith(fault)
    if "subdivisions" not in fault:  # these take too long for every command to look them up
        assert the_fault(changed, own=True).startswith(fault)
    assert read(changed).id == "us-fl"  # a shipped file was looked at before it was shipped


def test_a_name_is_looked_up_in_the_years_around_a_day_that_an_own_file_has_to_give() -> None:
    undated = HEAD.replace("checked = 2026-11-22\n", "")
    calendar = 'calendar = { country = "US", subdivision = "FL", drop = ["Labor Day"] }'
    told = the_fault(undated + calendar, own=True)
    assert told.startswith("line 5, calendar.drop: is looked up in the years around `checked`")
    assert read(undated + calendar.replace(', drop = ["Labor Day"]', ""), own=True).checked is None


def test_a_name_is_looked_up_in_every_subdivision_that_an_address_may_be_in() -> None:
    text = HEAD + 'calendar = { country = "US", subdivision = "FL", drop = ["Alaska Day"] }'
    assert "no holiday is called" in the_fault(text, thorough=True)
    anywhere = text.replace('"FL"', '"from_address"')
    assert read(anywhere, thorough=True).calendar.from_address


def test_every_fault_is_told_at_once_in_the_order_of_the_lines() -> None:
    text = HEAD.replace("schema = 1", "schema = 9") + HOURS.replace("law", "rumour")
    text += rule("cap", "max = -1\nunknown = 2")
    assert [problem.where for problem in problems(text)] == [
        "us-fl.toml, line 1, schema",
        "us-fl.toml, line 9, hours.force",
        "us-fl.toml, line 14, cap.per",
        "us-fl.toml, line 19, cap.max",
        "us-fl.toml, line 20, cap.unknown",
    ]


def test_a_file_has_a_name_that_an_id_may_have() -> None:
    found = read_jurisdiction(HEAD, file="US FL.toml")
    assert isinstance(found, tuple)
    assert "US FL.toml, line 2, id: the file's name must be like" in str(found[0])


# -- the lines of keys ---------------------------------------------------------------------

TRICKY = '''a = 1  # [[x]]
"b" = """
[[x]]
c = 2
""" # "
text = "# [ not a table"
list = [
  "[[x]]",
  { inner = 1 },
]
[[x]]
one.two = 1
[x.sub]
key = 1
[[x]]
'lit' = \'\'\'
[[x]]
\'\'\'
[[x.deep]]
k = "\\""
[[x.deep]]
k = 2
'''


def test_lines_are_counted_past_strings_lists_and_comments() -> None:
    assert places_of(TRICKY) == {
        "a": 1,
        "b": 2,
        "text": 6,
        "list": 7,
        "x[1]": 11,
        "x[1].one.two": 12,
        "x[1].sub": 13,
        "x[1].sub.key": 14,
        "x[2]": 15,
        "x[2].lit": 16,
        "x[2].deep[1]": 19,
        "x[2].deep[1].k": 20,
        "x[2].deep[2]": 21,
        "x[2].deep[2].k": 22,
    }


def test_what_has_no_line_has_that_of_the_table_around_it() -> None:
    places = places_of(TRICKY)
    for where, line in (
        ("x[2].deep[2].missing", 21),
        ("x[2].missing.deeper[3].still", 15),
        ("list[2].inner", 7),
        ("nothing", None),
        ("", None),
    ):
        assert line_of(places, where) == line, where


@given(
    blanks=st.lists(
        st.sampled_from(["", "# [[cap]]", 'note = """\n[[cap]]\nmax = 1\n"""']), max_size=6
    )
)
def test_a_fault_has_its_line_whatever_stands_before_it(blanks: list[str]) -> None:
    before = "\n".join(
        [
            "[[retain]]",
            'id = "us-fl.keep"',
            COMMON.rstrip(),
            'keep = "1 year"',
            *sorted(blanks)[-1:],
        ]
    )
    padding = "\n".join(text for text in blanks if not text.startswith("note"))
    text = f'{HEAD}{before}\n{padding}\n[[cap]]\nid = "us-fl.cap"\n{COMMON}{PER}max = -1\n'
    expected = text.count("\n")
    assert the_fault(text).startswith(f"line {expected}, cap.max")
