"""What an agent sees to say: the opening first, the text for the answers, the drawer beside it."""

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from campaigns.law import ANY_LINE, Laws
from campaigns.model import Campaign, Question, QuestionType
from campaigns.rules.loading import load
from campaigns.rules.model import Confidence, Duty, Force, Place, Placing
from campaigns.rules.own import Own
from campaigns.scripts.opening import opening, sentences
from campaigns.scripts.settings import ScriptFiles
from campaigns.scripts.talk import to_say
from campaigns.scripts.texts import ScriptTexts, chosen, texts_of
from campaigns.scripts.values import Person
from tests.unit.campaigns.examples import campaign

LAWS = Laws(load(None, Own()))
NOW = datetime(2026, 6, 2, 10, tzinfo=UTC)

TEXT = """Good {{ local_time.part }} {{ lead.first_name | default("there") }}, I am {{ agent.name }}.

{% if answers.provider == "Telia" %}
You are with Telia{% if lead.city %} in {{ lead.city }}{% endif %}.
{% elif answers.provider %}
You are with {{ answers.provider }}.
{% else %}
Who is your provider?
{% endif %}

## ? It is too expensive
We have {{ answers.services | default("nothing") }}.

### In short
Cheap.

## ? I have no time
When may I call?
## Goodbye
Thank you, {{ phone_masked }}.
"""
SCRIPT = ScriptTexts(
    texts={"": TEXT, "nb": "Hei {{ lead.name }}, det gjelder {{ campaign.about }}."},
    about={"": "your electricity contract", "nb": "strømavtalen din"},
)
ASE = Person(
    name="Åse Lunde",
    attributes={"City": "Oslo"},
    agent="anna",
    seller="Example Telecom AS",
    local_time=datetime(2026, 6, 2, 18, 5, tzinfo=ZoneInfo("Europe/Oslo")),
    phone_masked="+4722****01",
)
CAMPAIGN = campaign(
    questions=(Question(key="services", text="?", type=QuestionType.MULTI, choices=("tv", "net")),)
)


def duties_in(place: str, what: Campaign = CAMPAIGN) -> tuple[Duty, ...]:
    country, _, _ = place.partition("-")
    where = Placing(zones=(), places=(Place(country, place if "-" in place else ""),))
    return LAWS.of(what, where, ANY_LINE, NOW).duties


def seen(
    answers: dict[str, list[str]] | None = None, person: Person = ASE, place: str = "NO"
) -> dict[str, object]:
    return to_say(CAMPAIGN, SCRIPT, person, answers or {}, duties_in(place), recorded=False)


def test_the_text_follows_the_answers_and_the_drawer_stands_beside_it() -> None:
    assert seen()["script"] == (
        "Good evening Åse, I am anna.\n\nWho is your provider?\n\n"
        "## Goodbye\nThank you, +4722****01."
    )
    assert "You are with Telia in Oslo." in str(seen({"provider": ["Telia"]})["script"])
    assert "You are with Ice." in str(seen({"provider": ["Ice"]})["script"])
    assert seen({"services": ["tv", "net"]})["drawer"] == [
        {"title": "It is too expensive", "text": "We have tv, net.\n\n### In short\nCheap."},
        {"title": "I have no time", "text": "When may I call?"},
    ]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("a\n{% if lead.x %}\nb\n{% endif %}\nc", "a\nc"),
        ("a\n  {% if lead.name %}\nb\n  {% endif %}\nc", "a\nb\nc"),
        ("a {% if lead.name %}b{% endif %}\nc", "a b\nc"),
        ("a{% if lead.name %} b{% endif %}\n## ? Dear\nno", "a b"),
        ("{# a note #}\na\n\n{% if lead.x %}\n\nb\n\n{% endif %}\n\nc", "a\n\nc"),
        ("{% for one in answers.services %}\n- {{ one }}\n{% endfor %}\nc", "- tv\n- net\nc"),
        ("{% raw %}{{ a }}{% endraw %}\nb", "{{ a }}\nb"),
        ("a\r\nb", None),
    ],
)
def test_tags_leave_no_lines_behind(source: str, shown: str | None) -> None:
    script = ScriptTexts(texts={"": source})
    said = to_say(CAMPAIGN, script, ASE, {"services": ["tv", "net"]}, (), recorded=False)
    assert said["script"] == (source if shown is None else shown)


def test_what_a_person_does_not_have_is_left_out() -> None:
    nobody = Person(agent="anna", seller="Example Telecom AS")
    shown = seen({"provider": ["Telia"]}, nobody)["script"]
    assert str(shown).startswith("Good  there, I am anna.\n\nYou are with Telia.\n")


@pytest.mark.parametrize(
    ("language", "begins"),
    [("nb", "Hei Åse Lunde, det gjelder strømavtalen din."), ("no", "Hei"), ("nb-NO", "Hei"),
     ("nn", "Hei"), ("de", "Good evening"), (None, "Good evening"), ("", "Good evening")],
)  # fmt: skip
def test_the_language_of_the_person_chooses_the_text(language: str | None, begins: str) -> None:
    person = Person(name=ASE.name, language=language, local_time=ASE.local_time)
    assert str(seen(person=person)["script"]).startswith(begins)


def test_a_text_without_a_person_s_language_is_that_of_its_author() -> None:
    assert chosen("pl", {"nb", "pl"}) == "pl"
    assert chosen("pl", {"nb"}) == ""
    assert chosen(None, {"nb"}) == ""


# The opening


def test_without_any_rule_the_opening_says_who_for_whom_and_why() -> None:
    shown = seen()
    assert shown["opening"] == (
        "Hello, my name is Anna and I am calling on behalf of Example Telecom AS. "
        "I am calling about your electricity contract."
    )
    assert shown["opening_rules"] == []


def test_the_rules_of_the_place_add_what_they_ask_for_with_their_source() -> None:
    shown = seen(place="US-WA")
    assert str(shown["opening"]).endswith(
        "I am calling about your electricity contract. This is a sales call. "
        "You can reach us on +4721000000."
    )
    rules = shown["opening_rules"]
    assert isinstance(rules, list)
    assert {one["rule"] for one in rules} == {"us.tsr.opening", "us-wa.opening"}
    wa = next(one for one in rules if one["rule"] == "us-wa.opening")
    assert (wa["by"], "RCW 19.158.110" in wa["source"]) == ("30 s", True)
    duties = shown["duties"]
    assert isinstance(duties, list)
    assert [one["rule"] for one in duties] == ["us.disaster"]


def test_what_is_due_after_the_call_is_a_duty_and_no_words() -> None:
    shown = seen(place="SE")
    assert shown["opening"] == seen()["opening"]
    (duty,) = shown["duties"]  # type: ignore[misc]
    assert (duty["rule"], duty["by"]) == ("se.written_acceptance", "after the call")


def test_what_is_only_proposed_adds_nothing() -> None:
    tw = duties_in("TW", campaign(topics=("banking",)))
    assert not any(duty.topic == "disclosure" for duty in tw)


def test_without_words_of_its_own_a_campaign_tells_its_purpose() -> None:
    said = opening(CAMPAIGN, None, (), agent="anna", language=None, recorded=False)
    assert said.text.endswith("Example Telecom AS. This is a sales call.")
    asked = opening(CAMPAIGN, None, duties_in("US"), agent="a", language=None, recorded=False)
    assert "nature_of_goods" in [key for duty in asked.duties for key in duty.say]


@pytest.mark.parametrize("place", ["NO", "DE", "US-CA"])
def test_a_recorded_call_says_so_wherever_it_is(place: str) -> None:
    def said(*, recorded: bool) -> tuple[str, list[str]]:
        found = opening(
            CAMPAIGN, SCRIPT, duties_in(place), agent="anna", language=None, recorded=recorded
        )
        return found.text, [ground.rule for ground in found.grounds if "recorded" in ground.say]

    text, rules = said(recorded=True)
    assert "This call is recorded." in text
    assert bool(rules) is (place != "NO")
    plain, none = said(recorded=False)
    assert "recorded" not in plain
    assert none == []


def test_the_opening_is_in_the_person_s_language_where_we_have_it() -> None:
    def said(language: str | None, base: str = "") -> str:
        script = ScriptTexts(texts=SCRIPT.texts, about=SCRIPT.about, language=base)
        return opening(
            CAMPAIGN, script, (), agent="anna", language=language, recorded=False
        ).text  # fmt: skip

    assert said("nb") == (
        "Hei, jeg heter Anna og ringer på vegne av Example Telecom AS. "
        "Det gjelder strømavtalen din."
    )
    assert said("no") == said("nb")
    assert said("fi").startswith("Hei, nimeni on Anna.")
    assert said("zh").startswith("Hello, my name is Anna")
    assert said(None, base="nb").startswith("Hei, jeg heter Anna")
    assert said("zh", base="nb").startswith("Hei, jeg heter Anna")
    # What it is about is there in English and Norwegian: no sentence is half in Finnish.
    assert said("fi", base="en").startswith("Hello, my name is Anna")
    assert said("no", base="en") == said("nb")


@pytest.mark.parametrize("language", [*sentences()])
def test_every_language_can_say_everything(language: str) -> None:
    english = sentences()["en"]
    words = sentences()[language]
    assert words.keys() == english.keys()
    assert words["purposes"].keys() == english["purposes"].keys()
    for key, sentence in english.items():
        if key != "purposes":
            for name in ("{agent}", "{seller}", "{about}", "{phone}"):
                assert (name in words[key]) == (name in sentence), (key, name)
    every = Duty(
        id="x", force=Force.LAW, confidence=Confidence.HIGH, source=("a",), topic="disclosure",
        says={"say": "caller_name, purpose, nature_of_goods, principal_phone, may_we_go_on"},
    )  # fmt: skip
    said = opening(
        campaign(seller="{about} AS"), SCRIPT, (every,), agent="anna b", language=language,
        recorded=True,
    )  # fmt: skip
    assert said.language == language
    assert ("anna b" in said.text, "{about} AS" in said.text) == (True, True)
    assert "+4721000000" in said.text
    assert said.text.count("{") == 1
    assert said.duties == ()


def test_no_script_can_touch_the_opening() -> None:
    tricks = ScriptTexts(texts={"": "{# #}\n## ? Hello\nx\n{{ '' }}"}, about=SCRIPT.about)
    shown = to_say(CAMPAIGN, tricks, ASE, {}, duties_in("US-WA"), recorded=True)
    plain = to_say(
        CAMPAIGN, ScriptTexts(about=SCRIPT.about), ASE, {}, duties_in("US-WA"), recorded=True
    )
    assert shown["opening"] == plain["opening"]
    assert plain["script"] is None


# Versions


def test_a_version_is_another_one_with_every_word() -> None:
    versions = {
        script.version
        for script in (
            SCRIPT,
            ScriptTexts(texts={**SCRIPT.texts, "nb": "Hei!"}, about=SCRIPT.about),
            ScriptTexts(texts={"": TEXT}, about=SCRIPT.about),
            ScriptTexts(texts=SCRIPT.texts, about={"": "something else"}),
            ScriptTexts(texts=SCRIPT.texts, about=SCRIPT.about, language="en"),
        )
    }
    assert len(versions) == 5
    turned = ScriptTexts(texts=dict(reversed(SCRIPT.texts.items())), about=SCRIPT.about)
    assert turned.version == SCRIPT.version
    assert ScriptTexts.from_document(SCRIPT.document()) == SCRIPT
    assert ScriptTexts(texts={"": "Hello!"}).version == "ee4e542550f0"


def test_the_texts_are_those_of_the_files() -> None:
    files = ScriptFiles(
        file="a.md", language="en", languages={"nb": "a.nb.md"}, about="x", about_in={"nb": "y"}
    )
    read = texts_of(files, lambda name: f"text of {name}")
    assert read == ScriptTexts(
        texts={"": "text of a.md", "nb": "text of a.nb.md"},
        about={"": "x", "nb": "y"},
        language="en",
    )


def test_a_script_is_rendered_within_two_milliseconds() -> None:
    long = ScriptTexts(texts={"": TEXT * 20}, about=SCRIPT.about)
    to_say(CAMPAIGN, long, ASE, {}, (), recorded=False)
    took = []
    for _ in range(50):
        began = time.perf_counter()
        to_say(CAMPAIGN, long, ASE, {"provider": ["Telia"]}, (), recorded=False)
        took.append(time.perf_counter() - began)
    assert sorted(took)[len(took) // 2] < 0.002


def test_a_duty_counts_on_the_days_on_which_it_is_valid() -> None:
    from campaigns.scripts.shown import duties_on

    where = Placing(zones=("Europe/Oslo",), places=(Place("US"),))
    law = LAWS.of(CAMPAIGN, where, ANY_LINE, NOW)
    assert {duty.id for duty in duties_on(law, NOW)} >= {"us.tsr.opening", "us.disaster"}
    assert {duty.topic for duty in law.duties} >= {"disclosure", "recording", "retain"}
    assert not any(isinstance(rule, Duty) for rule in law.rules)
