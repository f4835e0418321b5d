"""What Ringbank itself says to people, and whether it is what the rules ask for."""

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns import spoken
from campaigns.definition import PURPOSES
from campaigns.messages import Clip, Words
from campaigns.rules.kinds import MESSAGE_STATES
from campaigns.rules.loading import load
from campaigns.rules.model import AbandonmentRule, AbandonPeriod, Confidence, Force
from campaigns.rules.own import Own

LANGUAGES = tuple(spoken.sentences())
SELLER, PHONE = "Example Telecom AS", "+4721000000"


def rule(**more: object) -> AbandonmentRule:
    values: dict[str, Any] = {"id": "x.rule", "message_required": True, **more}
    return AbandonmentRule(
        force=Force.LAW,
        confidence=Confidence.HIGH,
        source=("a law",),
        max_rate=None,
        period=AbandonPeriod.CALENDAR_DAY,
        **values,
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything_and_puts_in_the_same(language: str) -> None:
    english, theirs = spoken.sentences()["en"], spoken.sentences()[language]
    assert theirs.keys() == english.keys()
    for name, text in english.items():
        if name == "codes":
            continue
        places = {place for _, place, _, _ in string.Formatter().parse(text) if place}
        there = {place for _, place, _, _ in string.Formatter().parse(theirs[name]) if place}
        assert places == there, (language, name)
        assert spoken.fault_in(theirs[name]) is None, (language, name)


def test_the_languages_of_the_countries_that_are_called_are_there() -> None:
    assert {"en", "nb", "sv", "de", "fr", "pl", "tr", "es"} <= set(LANGUAGES)


def test_no_country_has_two_languages() -> None:
    codes = [code for words in spoken.sentences().values() for code in words["codes"]]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", ["sales", "survey"])
def test_the_message_for_abandoned_calls_says_all_that_any_rule_asks_for(
    language: str, purpose: str
) -> None:
    text = spoken.abandoned(SELLER, PHONE, purpose, language)
    words = spoken.sentences()[language]
    said = {
        "seller_name": SELLER in text,
        "callback_phone": spoken.said_digits(PHONE, plus=words["plus"]) in text,
        "opt_out_phone": spoken.said_digits(PHONE, plus=words["plus"]) in text,
        "telemarketing_purpose": words["telemarketing"].format(seller=SELLER) in text,
    }
    assert said.keys() == set(MESSAGE_STATES)
    assert said == dict.fromkeys(MESSAGE_STATES, True) | {
        "telemarketing_purpose": purpose == "sales"
    }
    assert spoken.STOP_KEY in text.replace(PHONE, "")


def test_shipped_rules_ask_for_nothing_that_is_not_said() -> None:
    rules = [
        one
        for file in load(None, Own()).all()
        for one in file.rules
        if isinstance(one, AbandonmentRule) and one.message_required
    ]
    assert {one.id.partition(".")[0] for one in rules} >= {"us", "gb", "de"}
    for one in rules:
        assert set(one.message_states) <= set(MESSAGE_STATES)
        assert not one.message_marketing
        assert one.message_within_s is None or one.message_within_s >= 2.0


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_a_number_is_said_digit_by_digit_and_none_is_lost(phone: str) -> None:
    said = spoken.said_digits(phone, plus="plus")
    assert said.startswith("plus ")
    rest = said.removeprefix("plus ")
    assert rest.replace(",", "").replace(" ", "") == phone[1:]
    assert all(len(word.strip(",")) == 1 for word in rest.split())


@pytest.mark.parametrize(
    ("phone", "named", "language"),
    [
        ("+4721000000", (), "nb"),
        ("+4721000000", ("", "sv"), "sv"),
        ("+358912345678", (), "fi"),
        ("+12125550100", (), "en"),
        ("+886223456789", (), "en"),
    ],
)
def test_who_speaks_nobody_knows_what_is_spoken_to_as_their_country_does(
    phone: str, named: tuple[str, ...], language: str
) -> None:
    assert spoken.home(phone, named) == language


@pytest.mark.parametrize(
    ("language", "otherwise", "ours"),
    [("nb", "en", "nb"), ("no", "en", "nb"), ("pl-PL", "nb", "pl"), ("ur", "nb", "nb"),
     (None, "nb", "nb"), ("ur", "xx", "en")],
)  # fmt: skip
def test_who_speaks_another_language_is_spoken_to_in_the_campaigns(
    language: str | None, otherwise: str, ours: str
) -> None:
    assert spoken.ours(language, otherwise) == ours


@given(st.text(), st.text())
def test_no_value_is_read_as_a_place_for_another(seller: str, text: str) -> None:
    if spoken.fault_in(text) is None:
        filled = spoken.filled(text, seller=seller, phone=PHONE, language="en")
        assert ("{seller}" not in text) or seller in filled


NUMBERED = rule(message_states=("seller_name", "opt_out_phone"))
KEYED = rule(id="y.rule", message_opt_out="keypress_or_voice")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{seller} called. Press 1 or call {phone}.", ()),
        (f"{{seller}} called. Press 1 or call {PHONE}.", ()),
        ("{seller} called. Press 1.", ("x.rule",)),
        ("{seller} called. Call {phone}.", ("y.rule",)),
        (f"{{seller}} called. Call {PHONE}.", ("y.rule",)),
        ("{seller} called.", ("x.rule", "y.rule")),
    ],
)
def test_what_own_words_leave_out_is_told_with_the_rule_that_wants_it(
    text: str, told: tuple[str, ...]
) -> None:
    found = spoken.left_out(Words(text=text), [NUMBERED, KEYED], phone=PHONE)
    assert tuple(one.partition(" ")[0] for one in found) == told


def test_every_language_of_own_words_is_looked_at_and_recordings_are_not() -> None:
    good = "{seller} called. Press 1 or call {phone}."
    words = Words(text=good, languages={"nb": Clip(text="{seller} ringte.")})
    assert spoken.left_out(words, [NUMBERED], phone=PHONE)
    assert not spoken.left_out(Words(sound="a"), [NUMBERED, KEYED], phone=PHONE)
    assert not spoken.left_out(words, [rule(message_required=False)], phone=PHONE)


@pytest.mark.parametrize("language", sorted(spoken.sentences()))
@pytest.mark.parametrize("purpose", PURPOSES)
def test_whoever_calls_back_hears_who_called_and_why(language: str, purpose: str) -> None:
    said = spoken.returned("Example Telecom AS", "+4721000000", purpose, language)
    assert "Example Telecom AS" in said
    others = [spoken.returned("X", "+4721000000", one, language) for one in PURPOSES]
    assert len(set(others)) == len(PURPOSES)


def test_whoever_calls_back_about_a_debt_is_told_of_no_debt() -> None:
    said = spoken.returned("Example Inkasso AS", "+4721000000", "collections", "en")
    assert said.endswith("It was a personal matter.")
