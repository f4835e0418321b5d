"""What a process keeps for good does not grow with calls, people or time."""

import importlib
import pkgutil

from campaigns.rules.subdivisions import read_place, subdivision_code
from tests.holding import OURS, caches

NO_MORE_KEYS_THAN = {
    "campaigns.breaker_table._kinds": "outcomes, their evidence and the codes of SIP",
    "campaigns.explain_batch._zones": "one",
    "campaigns.limits._back": "the limits that stand in rule files",
    "campaigns.practice_people.demo_people": "one",
    "campaigns.refusals.built_in": "one",
    "campaigns.rules.area_codes.area_codes": "one",
    "campaigns.rules.calendars._year": "the calendars of rule files, their places and years",
    "campaigns.rules.calendars.known": "two letters, and codes that `subdivision_code` gave",
    "campaigns.rules.civil.calendar_countries": "one",
    "campaigns.rules.civil.holiday_names": "countries and subdivisions with holidays, by rule file",
    "campaigns.rules.civil.subdivisions": "countries with holidays",
    "campaigns.rules.subdivisions._names": "two letters",
    "campaigns.rules.zones._by_country": "one",
    "campaigns.rules.zones._clock": "zones",
    "campaigns.rules.zones._shipped": "one",
    "campaigns.rules.zones.all_zones": "one",
    "campaigns.rules.zones.country_names": "one",
    "campaigns.scripts.opening.sentences": "one",
    "campaigns.spoken.sentences": "one",
    "leads.encodings._usual": "encodings",
    "leads.headers._keys": "lists of words in the program",
    "leads.headers._phone_words": "one",
    "leads.phone._is_zone": "zones that the library of numbers names",
    "leads.phone._zones_of_area": "three digits",
    "leads.phones._patterns": "country codes",
    "leads.phones._zone_prefixes": "country codes",
    "leads.registry_lines._rules": "country codes",
}
"""Every cache without a bound, and what bounds the keys that it can have."""


def load_everything() -> None:
    for package in OURS:
        root = importlib.import_module(package)
        for found in pkgutil.walk_packages(root.__path__, f"{package}."):
            if not found.name.endswith("__main__"):
                importlib.import_module(found.name)


def test_a_cache_without_a_bound_has_keys_that_have_one():
    load_everything()
    found = dict(caches())
    assert subdivision_code in found.values()
    assert {
        name for name, one in found.items() if one.cache_info().maxsize is None
    } == NO_MORE_KEYS_THAN.keys()


def test_what_people_write_in_addresses_is_not_kept_for_good():
    most = subdivision_code.cache_info().maxsize
    assert most is not None
    for number in range(most + 100):
        assert read_place("US", f"somewhere {number}") is not None
    assert subdivision_code.cache_info().currsize == most
