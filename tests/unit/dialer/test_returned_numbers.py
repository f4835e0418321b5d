"""Our numbers, as networks name them to whoever is called."""

from dataclasses import replace

import pytest

from campaigns.fields import Section
from dialer.returned_numbers import our_numbers
from dialer.returned_sounds import ReturnedSounds, read_sounds
from leads.problems import Problem
from tests.unit.dialer.examples import TRUNK


def test_a_number_is_known_by_every_form_that_a_network_uses() -> None:
    abroad = replace(TRUNK, name="uk", caller_ids=("+442079460000",))
    ours = our_numbers([TRUNK, abroad])
    for digits in ("4721000000", "004721000000", "21000000"):
        assert ours.named(digits) == "+4721000000"
    for digits in ("442079460000", "00442079460000", "2079460000", "02079460000"):
        assert ours.named(digits) == "+442079460000"
    assert (ours.trunk("+442079460000"), ours.region("+442079460000")) == ("uk", "GB")
    assert (ours.trunk("+4721000001"), ours.region("+4721000001")) == ("main", "NO")


@pytest.mark.parametrize("digits", ["", "4721000002", "1000000", "721000000"])
def test_other_numbers_are_not_ours(digits: str) -> None:
    ours = our_numbers([TRUNK])
    assert ours.named(digits) is None
    assert ours.trunk(ours.named(digits)) is None


def test_what_two_countries_call_alike_is_known_with_its_country_alone() -> None:
    both = replace(TRUNK, caller_ids=("+4721000000", "+4521000000"))
    ours = our_numbers([both])
    assert ours.named("21000000") is None
    assert ours.named("4521000000") == "+4521000000"


def test_sounds_are_the_installations_or_those_that_every_asterisk_has() -> None:
    problems: list[Problem] = []
    told = read_sounds(Section({"owner": "our/owner&our/key9"}, problems))
    assert told == replace(ReturnedSounds(), owner="our/owner&our/key9")
    assert problems == []


@pytest.mark.parametrize("sound", ["a,b", "a&", "&a", "a b", "a)", "${X}"])
def test_a_sound_that_asterisk_would_read_otherwise_is_refused(sound: str) -> None:
    problems: list[Problem] = []
    read_sounds(Section({"called": sound}, problems))
    assert [one.where.rpartition(".")[2] for one in problems] == ["called"]
