"""Whether the rules fit the base: countries, hours, and the registers that are asked for."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from campaigns import rules_health
from campaigns.law import Laws
from campaigns.model import CampaignState
from campaigns.rules.loading import load as load_rules
from campaigns.rules.own import Own
from campaigns.rules_health import Lack
from leads import registries
from leads.db import reading
from tests.db.people import LAWS, NOON, create, definition, import_people, phone, put, started

SALES = definition().replace('"service"', '"sales"')


@pytest.fixture
def people(base: Engine) -> Engine:
    import_people(
        base,
        [
            ("Åse", phone(1)),
            ("Per", phone(2)),
            ("Dan", "+4532123456"),
            ("Ice", "+3545551234"),
            ("Sven", "+46812345678"),
            ("Sat", "+8821612345678"),
        ],
    )
    return base


def lacks(base: Engine, *, days: int = 0) -> dict[str, Lack]:
    now = NOON + timedelta(days=days)
    with reading(base) as connection:
        return {one.rule: one for one in rules_health.lacking_registers(connection, LAWS, now=now)}


def test_the_countries_of_the_numbers_are_counted(people: Engine):
    with reading(people) as connection:
        found = rules_health.countries_of_numbers(connection)
    assert found == {"NO": 2, "DK": 1, "IS": 1, "SE": 1, None: 1}
    assert next(iter(found)) == "NO"


def test_a_country_is_without_rules_unless_a_file_names_it_or_the_operator_allows_it():
    counted = {"NO": 2, "DK": 1, "IS": 3, None: 1}
    assert rules_health.without_rules(LAWS, counted) == {"IS": 3}  # LAWS allow Denmark
    assert rules_health.without_rules(Laws(load_rules(None, Own())), counted) == {
        "DK": 1,
        "IS": 3,
    }


def test_of_countries_that_may_be_called_it_is_told_where_no_hours_are_known():
    counted = {"NO": 2, "SE": 1, "US": 1, "DK": 1, "IS": 1, None: 1}
    assert rules_health.without_hours(LAWS, counted, now=NOON) == ("SE", "DK")


def test_a_register_that_the_rules_ask_for_is_missed_while_the_campaign_runs(people: Engine):
    stored = create(people, SALES)
    assert lacks(people) == {}
    put(people, stored, CampaignState.RUNNING)
    found = lacks(people)
    assert {*found} == {"no.reservasjon", "se.nix"}
    assert found["no.reservasjon"] == Lack(
        registry="no-reservasjon",
        rule="no.reservasjon",
        campaigns=("spring",),
        why="Reservasjonsregisteret has to be asked and is not there",
        remedy="load it: ringbank dnc import FILE --registry no-reservasjon --as-of DATE",
    )
    put(people, stored, CampaignState.PAUSED)
    assert lacks(people) == {}


def test_every_campaign_that_asks_for_a_register_is_named(people: Engine):
    started(people, SALES)
    started(people, SALES.replace('"spring"', '"summer"'))
    started(people, definition("autumn"))
    assert lacks(people)["no.reservasjon"].campaigns == ("spring", "summer")


@pytest.mark.parametrize(("age", "too_old"), [(31, False), (32, True)])
def test_a_register_may_be_as_old_as_its_rule_says(
    people: Engine, tmp_path, age: int, too_old: bool
):
    file = tmp_path / "numbers.txt"
    file.write_text(f"{phone(2)}\n")
    # Where a day begins first it is the 3rd at noon in Oslo.
    as_of = date(2026, 6, 3) - timedelta(days=age)
    registries.load(
        people, tmp_path, source=file, name="no-reservasjon", as_of=as_of, region="NO", now=NOON
    )
    started(people, SALES)
    found = lacks(people)
    assert ("no.reservasjon" in found) is too_old
    if too_old:
        assert found["no.reservasjon"].why == (
            f"no-reservasjon as of {as_of} is {age} days old and may be 31"
        )
