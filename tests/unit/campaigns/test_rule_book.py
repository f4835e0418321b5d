"""Which files hold for a place, and that a book is the same wherever it is read."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.rules import book as book_module
from campaigns.rules.book import OFFICE_HOURS, RuleBook
from campaigns.rules.model import CapRule, Force, HourRule, Period, Place
from campaigns.rules.own import Own
from leads.errors import UsageError
from leads.problems import Problem

RULE = 'force = "law"\nconfidence = "high"\nsource = ["an act"]'


def file(stem: str, match: str, *, more: str = "") -> str:
    return f"""schema = 1
id = "{stem}"
name = "{stem}"
checked = 2026-11-22
match = {{ {match} }}

[[hours]]
id = "{stem}.hours"
{RULE}
windows = {{ all = [["08:00", "21:00"]], holiday = "as_weekday" }}
{more}"""


FLORIDA = 'countries = ["US"], subdivisions = ["US-FL"], presume_by_area_code = true'
SHIPPED = {
    "us.toml": file("us", 'countries = ["US", "PR"]'),
    "us-fl.toml": file("us-fl", FLORIDA),
    "us-ga.toml": file("us-ga", 'countries = ["US"], subdivisions = ["US-GA"]'),
    "no.toml": file("no", 'countries = ["NO"]'),
    "carrier.toml": file("carrier", 'countries = ["*"]'),
    OFFICE_HOURS: file("own-hours", 'countries = ["*"]'),
}


def loosen(rule: str, *, until: str = "") -> str:
    last = f"valid_until = {until}\n" if until else ""
    return f'\n[[loosen]]\nrule = "{rule}"\nby = "K. Nordmann"\nreason = "Asked counsel"\n{last}'


def book(
    own_texts: Mapping[str, str] | None = None,
    *,
    shipped: Mapping[str, str] = SHIPPED,
    **options: object,
) -> RuleBook:
    own = Own(**options)  # type: ignore[arg-type]
    found = RuleBook.build(shipped, own_texts or {}, own)
    assert isinstance(found, RuleBook), [str(problem) for problem in found]
    return found


def faults(own_texts: Mapping[str, str]) -> list[str]:
    found = RuleBook.build(SHIPPED, own_texts, Own())
    assert isinstance(found, tuple), "nothing was refused"
    assert all(isinstance(problem, Problem) for problem in found)
    return [str(problem) for problem in found]


def ids(found: RuleBook, place: Place) -> list[str]:
    return [jurisdiction.id for jurisdiction in found.of_place(place)]


FL, GA, US = Place("US", "US-FL"), Place("US", "US-GA"), Place("US")


# -- what holds where ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "held"),
    [
        (FL, ["carrier", "us", "us-fl"]),
        (GA, ["carrier", "us", "us-ga"]),
        (US, ["carrier", "us"]),
        (Place("US", "US-TX"), ["carrier", "us"]),
        (Place("PR"), ["carrier", "us"]),
        (Place("NO"), ["carrier", "no"]),
        (Place("SE"), ["carrier"]),
        (Place(""), ["carrier"]),
    ],
)
def test_a_place_has_its_country_its_subdivision_and_what_holds_everywhere(
    place: Place, held: list[str]
) -> None:
    assert ids(book(), place) == held


def test_an_operators_file_only_adds() -> None:
    ours = {
        "ours.toml": file("ours", 'countries = ["US", "SE"]'),
        "florida-too.toml": file("florida-too", FLORIDA),
    }
    found = book(ours)
    assert ids(found, FL) == ["carrier", "florida-too", "ours", "us", "us-fl"]
    assert ids(found, GA) == ["carrier", "ours", "us", "us-ga"]
    assert ids(found, Place("SE")) == ["carrier", "ours"]
    assert [one.own for one in found.of_place(Place("SE"))] == [False, True]


def test_office_hours_hold_only_where_they_are_switched_on() -> None:
    off, on = book(), book(office_hours=True)
    assert [one.id for one in off.off()] == ["own-hours"]
    assert on.off() == ()
    assert ids(on, US) == ["carrier", "own-hours", "us"]
    assert "own-hours" in {one.id for one in on.all()} - {one.id for one in off.all()}


def test_a_country_is_known_that_a_file_names_or_the_operator_allows() -> None:
    found = book(
        {"se.toml": file("se", 'countries = ["SE"]')}, allow_without_rules=frozenset({"DK"})
    )
    known = {code: found.knows(code) for code in ("US", "PR", "NO", "SE", "DK", "FI", "*", "")}
    assert known == dict.fromkeys(("US", "PR", "NO", "SE", "DK"), True) | {
        "FI": False,
        "*": False,  # what holds everywhere says nothing of any country
        "": False,
    }
    assert not book().knows("DK")


def test_a_country_is_known_of_which_only_a_part_has_a_file() -> None:
    assert book(shipped={"us-fl.toml": SHIPPED["us-fl.toml"]}).knows("US")


def test_an_area_code_is_presumed_only_where_a_file_says_so() -> None:
    found = book()
    assert found.presumes("US-FL")
    assert not found.presumes("US-GA")
    assert not found.presumes("US-TX")
    own = book({"tx.toml": file("tx", FLORIDA.replace("FL", "TX"))})
    assert own.presumes("US-TX")


def test_only_what_a_place_needs_is_parsed() -> None:
    shipped = SHIPPED | {"us-tx.toml": "not = [ TOML", "se.toml": "neither is this"}
    found = book(shipped=shipped)
    with patch.object(
        book_module, "read_jurisdiction", wraps=book_module.read_jurisdiction
    ) as reading:
        for _ in range(2):
            assert found.of_place(Place("NO"))
            assert not found.knows("FR")
        assert [call.kwargs["file"] for call in reading.call_args_list] == [
            "carrier.toml",
            "no.toml",
        ]
    with pytest.raises(UsageError, match=r"se\.toml, line 1"):
        found.all()


def test_a_match_that_has_a_table_of_its_own_is_found_too() -> None:
    text = file("se", "").replace("match = {  }\n", '\n[match]\ncountries = ["SE"]\n')
    found = book(shipped={"se.toml": text})
    assert ids(found, Place("SE")) == ["se"]
    assert ids(found, Place("NO")) == []
    assert found.knows("SE")


def test_a_head_that_cannot_be_read_alone_is_read_with_its_file() -> None:
    """A line of the name looks like the first rule, and cuts the head in the middle of a text."""
    text = file("se", 'countries = ["SE"]').replace(
        'name = "se"\n', 'name = """SE\n[[rules]]"""\n', 1
    )
    found = book(shipped={"se.toml": text, "no.toml": SHIPPED["no.toml"]})
    with pytest.raises(UsageError, match=r"se\.toml, line 3, name"):
        found.of_place(Place("SE"))
    assert ids(found, Place("NO")) == ["no"]


def test_the_registers_are_those_that_a_rule_in_force_asks_for() -> None:
    register = f'\n[[registry]]\nid = "{{0}}.list"\n{RULE}\nregistry = "{{0}}-list"\ntitle = "x"\n'
    unsure = register.replace('"high"', '"low"') + 'status = "proposed"\n'
    shipped = SHIPPED | {
        "se.toml": file("se", 'countries = ["SE"]', more=register.format("se")),
        "fi.toml": file("fi", 'countries = ["FI"]', more=unsure.format("fi")),
        OFFICE_HOURS: SHIPPED[OFFICE_HOURS] + register.format("own-hours"),
    }
    ours = {"ours.toml": file("ours", 'countries = ["*"]', more=register.format("ours"))}
    assert book(shipped=shipped).registries() == {"se-list"}
    assert book(ours, shipped=shipped).registries() == {"se-list", "ours-list"}
    assert book(shipped=shipped, office_hours=True).registries() == {"se-list", "own-hours-list"}


def test_a_comment_in_the_head_is_no_match() -> None:
    text = '# countries = ["SE"], subdivisions = ["NO-03"]\n' + SHIPPED["no.toml"]
    found = book(shipped={"no.toml": text})
    assert ids(found, Place("NO")) == ["no"]
    assert not found.knows("SE")


# -- the operator's floor ------------------------------------------------------------------


def test_the_configuration_makes_rules_for_everybody() -> None:
    found = book(max_per_day=2, max_per_week=5, other_hour=True)
    for place in (FL, Place("SE"), Place("")):
        floor = found.of_place(place)[-1]
        assert (floor.id, floor.own) == ("own", True)
        day, week, hour = floor.rules
        assert isinstance(day, CapRule)
        assert (day.id, day.max, day.period, day.n) == (
            "own.max_per_day",
            2,
            Period.CONSECUTIVE_DAYS,
            1,
        )
        assert isinstance(week, CapRule)
        assert (week.id, week.max, week.period, week.n) == (
            "own.max_per_week",
            5,
            Period.CONSECUTIVE_DAYS,
            7,
        )
        assert isinstance(hour, HourRule)
        assert (hour.id, hour.days) == ("own.other_hour", 6)
        assert all(rule.force is Force.OWN and rule.enforced for rule in floor.rules)
        assert all(rule.key == {"person"} for rule in (day, week))
    assert found.rule("own.other_hour") == found.all()[-1].rules[-1]


def test_no_call_at_all_is_a_limit_and_no_limit_is_none() -> None:
    assert [rule.id for rule in book(max_per_day=0).of_place(US)[-1].rules] == ["own.max_per_day"]
    assert "own" not in ids(book(), US)


# -- loosening -----------------------------------------------------------------------------


def test_a_loosening_holds_until_its_last_day() -> None:
    last = date(2027, 1, 31)
    found = book({"ours.toml": file("ours", 'countries = ["NO"]', more=loosen("us.hours", until="2027-01-31") + loosen("no.hours"))})  # fmt: skip
    held = found.loosening_of("us.hours", last)
    assert held is not None
    assert (held.by, held.reason) == ("K. Nordmann", "Asked counsel")
    assert found.loosening_of("us.hours", last + timedelta(days=1)) is None
    assert found.loosening_of("no.hours", date.max) is not None
    assert found.loosening_of("us-fl.hours", last) is None
    assert [one.rule for one in found.loosened()] == ["no.hours", "us.hours"]


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ("us.hour", "there is no rule 'us.hour'; the nearest is 'us.hours'"),
        ("un.hours", "there is no rule 'un.hours'; the nearest file with rules is 'us'"),
        ("own.max_per_day", "'own.max_per_day' is the configuration's own; change it there"),
    ],
)
def test_a_loosening_names_a_rule_that_there_is(rule: str, fault: str) -> None:
    (told,) = faults({"ours.toml": file("ours", 'countries = ["NO"]', more=loosen(rule))})
    assert told.startswith(f"ours.toml, line 15, loosen.rule: {fault}"), told


def test_own_rules_and_those_switched_off_can_be_loosened_too() -> None:
    more = loosen("ours.hours") + loosen("own-hours.hours")
    found = book({"ours.toml": file("ours", 'countries = ["NO"]', more=more)})
    assert found.loosening_of("ours.hours", date(2027, 1, 1)) is not None


def test_two_files_do_not_loosen_one_rule() -> None:
    a, b = (file(stem, 'countries = ["NO"]', more=loosen("us.hours")) for stem in ("aa", "bb"))
    (told,) = faults({"bb.toml": b, "aa.toml": a})
    assert told.startswith("bb.toml, line 15, loosen.rule: 'us.hours' is loosened in aa.toml too")


# -- what an operator's folder may not hold ------------------------------------------------


def test_every_file_of_an_operator_is_judged_at_once() -> None:
    ours = {
        "no.toml": SHIPPED["no.toml"],
        "own.toml": file("own", 'countries = ["NO"]'),
        "bad.toml": file("bad", 'countries = ["NO"]').replace("schema = 1", "schema = 9"),
    }
    assert [told.split(": ")[0] for told in faults(ours)] == [
        "bad.toml, line 1, schema",
        "no.toml",
        "own.toml",
    ]


# -- the same book everywhere --------------------------------------------------------------

OWN_FILE = {"ours.toml": file("ours", 'countries = ["SE"]', more=loosen("us.hours"))}
OPTIONS = st.builds(
    Own,
    allow_without_rules=st.frozensets(st.sampled_from(["DK", "FI"])),
    office_hours=st.booleans(),
    max_per_day=st.none() | st.integers(0, 9),
    max_per_week=st.none() | st.integers(0, 9),
    other_hour=st.booleans(),
    zone_policy=st.sampled_from(["all", "address"]),
)


def built(shipped: Mapping[str, str], ours: Mapping[str, str], own: Own) -> RuleBook:
    found = RuleBook.build(shipped, ours, own)
    assert isinstance(found, RuleBook)
    return found


@given(order=st.permutations(sorted(SHIPPED)), own=OPTIONS)
def test_neither_order_nor_line_ends_change_the_hash(order: list[str], own: Own) -> None:
    one = built(SHIPPED, OWN_FILE, own)
    mixed = {name: SHIPPED[name].replace("\n", "\r\n") for name in order}
    assert built(mixed, OWN_FILE, own).hash == one.hash
    assert len(one.hash) == 64


@given(one=OPTIONS, other=OPTIONS)
def test_a_different_option_is_a_different_book(one: Own, other: Own) -> None:
    hashes = {built(SHIPPED, {}, own).hash for own in (one, other)}
    assert (len(hashes) == 1) == (one == other)


def test_a_different_file_is_a_different_book() -> None:
    less = {name: text for name, text in SHIPPED.items() if name != "no.toml"}
    changed = SHIPPED | {"no.toml": SHIPPED["no.toml"].replace("21:00", "20:00")}
    moved = built(less, {"no.toml": SHIPPED["no.toml"]}, Own())
    books = [book(), book(OWN_FILE), book(shipped=less), book(shipped=changed), moved]
    assert len({one.hash for one in books}) == len(books)


@given(own=OPTIONS)
def test_a_book_that_was_kept_is_the_same_again(own: Own) -> None:
    kept = built(SHIPPED, OWN_FILE, own)
    again = RuleBook.from_document(json.loads(json.dumps(kept.document)))
    assert (again.hash, again.own, again.document) == (kept.hash, kept.own, kept.document)
    assert again.all() == kept.all()
    assert again.loosened() == kept.loosened()


def test_a_kept_book_that_cannot_be_read_any_more_says_so() -> None:
    document = book(OWN_FILE).document
    broken = {"ours.toml": OWN_FILE["ours.toml"].replace("schema = 1", "schema = 2")}
    with pytest.raises(UsageError, match=r"kept in the base .*\n.*ours\.toml, line 1, schema"):
        RuleBook.from_document(document | {"own": broken})


def test_new_files_add_to_a_book_and_never_loosen_it() -> None:
    here = Place("NO")
    mine = {"evening.toml": file("evening", 'countries = ["NO"]')}
    kept = book(mine, max_per_day=2)
    morning = file("morning", 'countries = ["NO"]')
    found = kept.with_new(
        {
            "evening.toml": file("evening", 'countries = ["SE"]'),  # another one than here
            "morning.toml": morning,
            "slip.toml": "schema = 2",
            "us.toml": file("us", 'countries = ["NO"]'),
            "own.toml": file("own", 'countries = ["NO"]'),
            "counsel.toml": file("counsel", 'countries = ["NO"]', more=loosen("no.hours")),
        }
    )
    assert ids(found, here) == ["carrier", "evening", "morning", "no", "own"]
    assert found.loosened() == ()
    assert found.hash == book(mine | {"morning.toml": morning}, max_per_day=2).hash
    assert kept.with_new({}).hash == kept.hash
