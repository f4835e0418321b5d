"""What a person agreed to and where they are listed, by the rules that came with Ringbank."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from campaigns.decision import Facts
from campaigns.gates import evaluate
from campaigns.model import Campaign, DispositionKind, Outcome
from leads.consent_rules import Consent
from leads.model import Listed
from tests.unit.campaigns.examples import utc
from tests.unit.campaigns.judging import (
    BRAZIL,
    BRITAIN,
    BY_HAND,
    DALLAS,
    DAY,
    FIRMS,
    FRANCE,
    GEORGIA,
    GERMANY,
    GIVING,
    INDIA,
    LAWS,
    LONG_AGO,
    MACHINE,
    MARKETING,
    MIAMI,
    NORWAY,
    PARIS,
    POLAND,
    PROVEN,
    RECORDED,
    RING,
    SECOND,
    SURVEY,
    SWEDEN,
    SYDNEY,
    TAIWAN,
    TORONTO,
    TURKEY,
    WEEKDAY,
    agreed,
    at,
    consent,
    facts,
    laws,
    listed,
    listing,
    own_file,
    past,
    refusing,
    rule,
)

# -- consents --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "asked", "consents", "shut_by"),
    [
        (GERMANY, BY_HAND, (), {"de.consent"}),
        (GERMANY, BY_HAND, agreed("phone_marketing"), set()),
        (GERMANY, BY_HAND, agreed("customer", "inquiry"), {"de.consent"}),  # customers too
        (GERMANY, FIRMS, (), set()),  # presumed
        (GERMANY, SURVEY, (), set()),
        (GERMANY, RECORDED, agreed("phone_marketing"), {"de.consent_recorded"}),
        (GERMANY, RECORDED, agreed("automated_calls"), set()),
        (POLAND, BY_HAND, (), {"pl.consent"}),
        (POLAND, FIRMS, (), {"pl.consent"}),
        (POLAND, FIRMS, agreed("phone_marketing"), set()),
        (FRANCE, BY_HAND, (), {"fr.consent"}),
        (FRANCE, BY_HAND, agreed("customer"), set()),
        # Florida: where the machine dials, in writing, unless they are customers
        (MIAMI, BY_HAND, (), set()),
        (MIAMI, MACHINE, (), {"us-fl.ftsa"}),
        (MIAMI, MACHINE, agreed("phone_marketing"), {"us-fl.ftsa"}),
        (MIAMI, MACHINE, agreed("phone_marketing", **PROVEN), set()),
        (MIAMI, MACHINE, agreed("automated_calls", **PROVEN), {"us-fl.ftsa"}),
        (MIAMI, MACHINE, agreed("customer"), set()),
        (MIAMI, RECORDED, agreed("customer"), {"us.tcpa.written"}),
        (MIAMI, RECORDED, agreed("automated_calls"), {"us.tcpa.written", "us-fl.ftsa_recorded"}),
        (MIAMI, RECORDED, agreed("automated_calls", **PROVEN), set()),
        (GEORGIA, replace(RECORDED, purpose="survey"), (), {"us.tcpa.express"}),
        (GEORGIA, replace(RECORDED, purpose="survey"), agreed("automated_calls"), set()),
        # Massachusetts allows no recorded sales calls at all
        ("+16175551234", RECORDED, agreed("automated_calls", **PROVEN), {"us-ma.recorded"}),
        # what no consent allows
        (FRANCE, replace(BY_HAND, topics=("energy_renovation",)), agreed("phone_marketing", **PROVEN), {"fr.forbidden"}),
        (FRANCE, replace(BY_HAND, topics=("books",)), agreed("phone_marketing"), set()),
        # what a topic asks for
        (BRITAIN, BY_HAND, (), set()),
        (BRITAIN, replace(BY_HAND, topics=("pensions",)), (), {"gb.claims_pensions"}),
        (BRITAIN, replace(BY_HAND, topics=("pensions",)), agreed("phone_marketing"), set()),
        (BRITAIN, RECORDED, (), {"gb.automated"}),
        (TORONTO, replace(RECORDED, purpose="political"), agreed("customer"), {"ca.adad"}),
        (TORONTO, replace(RECORDED, purpose="political"), agreed("automated_calls"), set()),
    ],
)  # fmt: skip
def test_what_a_person_must_have_agreed_to(
    number: str, asked: Campaign, consents: tuple[Consent, ...], shut_by: set[str]
) -> None:
    judged = facts(number, WEEKDAY, asked, consents=consents)
    assert set(refusing(judged)) == shut_by
    assert {refusal.gate for refusal in evaluate(judged).refusals} <= {"consent"}
    assert evaluate(judged).until is None


def test_a_written_consent_without_a_proof_says_what_it_lacks() -> None:
    (refusal,) = evaluate(
        facts(MIAMI, WEEKDAY, MACHINE, consents=agreed("phone_marketing"))
    ).refusals
    assert refusal.why == ("the consent 'phone_marketing' has to be in writing, and names no proof")
    both = agreed("phone_marketing") + agreed("phone_marketing", **PROVEN)
    assert refusing(facts(MIAMI, WEEKDAY, MACHINE, consents=both)) == []


@pytest.mark.parametrize(
    ("ends", "before", "from_then"),
    [
        ({"expires_at": WEEKDAY}, set(), {"de.consent"}),
        ({"withdrawn_at": WEEKDAY}, set(), {"de.consent"}),
        ({"given_at": WEEKDAY}, {"de.consent"}, set()),
    ],
)
def test_the_second_in_which_a_consent_begins_and_ends(
    ends: dict[str, datetime], before: set[str], from_then: set[str]
) -> None:
    one = (consent("phone_marketing", **{"given_at": LONG_AGO} | ends),)
    for now, told in ((WEEKDAY - SECOND, before), (WEEKDAY, from_then)):
        assert set(refusing(facts(GERMANY, now, BY_HAND, consents=one))) == told


# -- registers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "register", "days", "its_rule"),
    [
        (BRITAIN, "gb-tps", 28, "gb.tps"),
        (NORWAY, "no-reservasjon", 31, "no.reservasjon"),
        (TORONTO, "ca-dncl", 31, "ca.dncl"),
        (SYDNEY, "au-dncr", 30, "au.dncr"),
        (GEORGIA, "us-ndncr", 31, "us.ndncr"),
        (DALLAS, "us-tx-dnc", 92, "us-tx.dnc"),
        (SWEDEN, "se-nix", 31, "se.nix"),
    ],
)
def test_a_register_has_to_be_there_and_may_be_so_old(
    number: str, register: str, days: int, its_rule: str
) -> None:
    now = at("2026-12-02T10:00", "Australia/Sydney") if number == SYDNEY else WEEKDAY
    asked = facts(number, now, BY_HAND)
    today = max(now.astimezone(ZoneInfo(zone)).date() for zone in asked.zones)
    others = tuple(one for one in asked.registries if one.registry.name != register)

    def told(as_of: date, listed: Listed = Listed.NO) -> list[str]:
        return refusing(replace(asked, registries=(*others, listing(register, as_of, listed))))

    assert refusing(replace(asked, registries=others)) == [its_rule]
    assert told(today - days * DAY) == []
    assert told(today - (days + 1) * DAY) == [its_rule]
    assert told(today, Listed.YES) == [its_rule]
    assert told(today, Listed.UNKNOWN) == [its_rule]
    assert told(today, Listed.OTHER_FILE) == [its_rule]
    missing = evaluate(replace(asked, registries=others)).refusals[0]
    assert f"ringbank dnc import FILE --registry {register} --as-of DATE" in missing.why
    assert (missing.gate, missing.until) == ("registry", None)


def test_an_old_file_is_told_with_its_age() -> None:
    asked = facts(BRITAIN, WEEKDAY, BY_HAND)
    old = replace(asked, registries=(listing("gb-tps", date(2026, 11, 2)),))
    assert (
        evaluate(old)
        .refusals[0]
        .why.startswith("gb-tps as of 2026-11-02 is 29 days old and may be 28; load it: ")
    )


def test_a_register_is_as_old_as_on_the_latest_calendar_that_the_person_may_have() -> None:
    now = utc("2026-12-01T10:30")  # 2 December in Kiritimati only
    asked = facts(BRITAIN, now, BY_HAND, address={"country": "GB", "zone": "Pacific/Kiritimati"})
    tps = (listing("gb-tps", date(2026, 11, 3)),)
    assert "gb.tps" in refusing(replace(asked, registries=tps))
    assert "gb.tps" not in refusing(facts(BRITAIN, now, BY_HAND, registries=tps))


@pytest.mark.parametrize(
    ("number", "register", "asked", "consents", "shut_by"),
    [
        (BRITAIN, "gb-tps", BY_HAND, (), ["gb.tps"]),
        (BRITAIN, "gb-tps", BY_HAND, agreed("phone_marketing"), []),
        (BRITAIN, "gb-tps", BY_HAND, agreed("customer"), ["gb.tps"]),
        (BRITAIN, "gb-tps", replace(GIVING, caller="nonprofit"), (), ["gb.tps"]),
        (BRITAIN, "gb-tps", SURVEY, (), []),
        (BRITAIN, "gb-tps", FIRMS, (), []),
        (BRITAIN, "gb-ctps", FIRMS, (), ["gb.ctps"]),
        (BRITAIN, "gb-ctps", BY_HAND, (), []),
        (NORWAY, "no-reservasjon", BY_HAND, (), ["no.reservasjon"]),
        (NORWAY, "no-reservasjon", BY_HAND, agreed("customer"), []),
        (NORWAY, "no-reservasjon", GIVING, (), ["no.reservasjon"]),
        (GEORGIA, "us-ndncr", replace(BY_HAND, caller="nonprofit"), (), []),
        (GEORGIA, "us-ndncr", BY_HAND, agreed("written_permission"), []),
        (SYDNEY, "au-dncr", SURVEY, (), []),
        (TURKEY, "tr-iys-business", FIRMS, (), ["tr.iys_business"]),
        (BRAZIL, "br-nao-me-perturbe", BY_HAND, (), []),
        (BRAZIL, "br-nao-me-perturbe", replace(BY_HAND, topics=("telecom",)), (), ["br.nao_me_perturbe"]),
        # an Indian list is the carrier's, and whoever has it as a file heeds it
        (INDIA, "in-ncpr", BY_HAND, (), ["registry:in-ncpr"]),
    ],
)  # fmt: skip
def test_whom_a_register_keeps_from_being_called(
    number: str, register: str, asked: Campaign, consents: tuple[Consent, ...], shut_by: list[str]
) -> None:
    now = at("2026-12-02T10:00", "Australia/Sydney") if number == SYDNEY else WEEKDAY
    judged = facts(number, now, asked, consents=consents)
    assert refusing(listed(judged, register)) == shut_by


def test_a_register_that_lists_whom_one_may_call() -> None:
    asked = facts(TURKEY, WEEKDAY, BY_HAND, consents=agreed("phone_marketing"))
    assert refusing(listed(asked, "tr-iys", Listed.YES)) == []
    for state in (Listed.NO, Listed.UNKNOWN, Listed.OTHER_FILE):
        assert refusing(listed(asked, "tr-iys", state)) == ["tr.iys"]
    assert "is not in İleti" in evaluate(listed(asked, "tr-iys", Listed.NO)).refusals[0].why
    assert refusing(replace(asked, registries=())) == ["tr.iys"]
    without = replace(asked, consents=())
    assert refusing(listed(without, "tr-iys", Listed.YES)) == ["tr.consent"]


def test_a_register_of_law_is_nothing_to_whom_its_law_does_not_hold_for() -> None:
    """Nor does one of whom one may call, or a broken file of it, shut another country."""
    for state in Listed:
        assert refusing(listed(facts(NORWAY, WEEKDAY, BY_HAND), "tr-iys", state)) == []
        assert refusing(listed(facts(NORWAY, WEEKDAY, BY_HAND), "gb-tps", state)) == []


@pytest.mark.parametrize("number", [NORWAY, GEORGIA, SWEDEN, TAIWAN, MIAMI])
@pytest.mark.parametrize("asked", [BY_HAND, SURVEY, FIRMS, replace(GIVING, caller="nonprofit")])
def test_a_register_that_no_rule_names_holds_for_everybody(number: str, asked: Campaign) -> None:
    spared = agreed("customer", "phone_marketing", "written_permission")
    judged = facts(number, WEEKDAY, asked, consents=spared)
    assert refusing(listed(judged, "our-letters", Listed.NO)) == []
    assert refusing(listed(judged, "our-letters")) == ["registry:our-letters"]
    assert refusing(listed(judged, "our-letters", Listed.UNKNOWN)) == [
        "registry_unknown:our-letters"
    ]
    assert refusing(listed(judged, "our-letters", Listed.OTHER_FILE)) == [
        "registry_file:our-letters"
    ]


def test_a_rule_of_the_operators_takes_charge_of_a_register() -> None:
    by = laws(
        own_file(
            rule("registry", 'registry = "our-letters"\ntitle = "Letters"\n')
            + '[registry.exempt]\nrelation = [{ kind = "customer" }]\n'
        )
    )
    judged = facts(NORWAY, WEEKDAY, BY_HAND, by=by)
    assert refusing(judged) == []
    assert refusing(listed(judged, "our-letters")) == ["ours.one"]
    customer = replace(judged, consents=agreed("customer"))
    assert refusing(listed(customer, "our-letters")) == []


def test_a_list_of_which_the_law_is_not_sure_is_heeded_by_whoever_loaded_it() -> None:
    """Florida's list is shown, not asked for; nobody loads it to call whom it lists."""
    asked = facts(MIAMI, WEEKDAY, BY_HAND)
    assert "us-fl.dnc" in {rule.id for rule in asked.law.shown}
    assert refusing(asked) == []
    assert refusing(listed(asked, "us-fl-dnc")) == ["registry:us-fl-dnc"]


# -- relations to the seller -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "since", "spared_until"),
    [
        ("customer", "2025-05-28T15:00", "2026-11-28T15:00"),  # 18 months
        ("customer", "2024-08-29T15:00", "2026-02-28T15:00"),  # a year without a 29 February
        ("customer", "2026-08-31T15:00", "2028-02-29T15:00"),  # and one that has it
        ("customer", "2024-02-29T15:00", "2025-08-29T15:00"),
        ("inquiry", "2026-09-01T15:00", "2026-12-01T15:00"),  # 3 months
        ("inquiry", "2026-11-30T15:00", "2027-02-28T15:00"),
    ],
)
def test_a_customer_is_left_to_the_seller_for_so_many_months(
    kind: str, since: str, spared_until: str
) -> None:
    end = utc(spared_until)
    relation = (consent(kind, given_at=utc(since)),)
    before, then = (
        listed(facts(GEORGIA, now, BY_HAND, consents=relation), "us-ndncr")
        for now in (end - SECOND, end)
    )
    assert refusing(before) == []
    assert refusing(then) == ["us.ndncr"]


def test_a_relation_that_was_ended_spares_nobody() -> None:
    ended = (consent("customer", given_at=LONG_AGO, withdrawn_at=WEEKDAY - SECOND),)
    asked = facts(NORWAY, WEEKDAY, BY_HAND, consents=ended)
    assert refusing(listed(asked, "no-reservasjon")) == ["no.reservasjon"]


# -- France turns on 11 August 2026 ----------------------------------------------------------

LAST_DAY, FIRST_DAY = at("2026-08-10T11:00", PARIS), at("2026-08-11T11:00", PARIS)


def test_france_asked_for_bloctel_until_then_and_asks_for_consent_since() -> None:
    before, since = facts(FRANCE, LAST_DAY, BY_HAND), facts(FRANCE, FIRST_DAY, BY_HAND)
    assert refusing(before) == []
    assert refusing(replace(before, registries=())) == ["fr.bloctel"]
    assert refusing(listed(before, "fr-bloctel")) == ["fr.bloctel"]
    assert refusing(listed(replace(before, consents=agreed("customer")), "fr-bloctel")) == []
    assert refusing(since) == ["fr.consent"]
    assert refusing(replace(since, registries=())) == ["fr.consent"]
    for spared in ("phone_marketing", "customer"):
        asked = replace(since, consents=agreed(spared))
        assert refusing(listed(asked, "fr-bloctel")) == [], "Bloctel has ended"


def test_the_law_of_a_day_begins_with_that_day_on_the_clock_of_the_person() -> None:
    midnight = at("2026-08-11T00:00", PARIS)
    for now, told in (
        (midnight - RING, {"fr.hours_2023"}),
        (midnight - RING + SECOND, {"fr.hours_2023", "fr.hours"}),  # rings in both
        (midnight, {"fr.hours", "fr.consent"}),
    ):
        assert set(refusing(facts(FRANCE, now, BY_HAND))) == told


def test_the_law_of_a_day_begins_where_it_first_may_be_that_day() -> None:
    """In Paris it is the 10th, on Wallis it is the 11th, and nobody knows where they are."""
    evening = at("2026-08-10T15:00", PARIS)
    asked = facts(FRANCE, evening, BY_HAND)
    for zones, told in (
        ((PARIS,), False),
        (("Pacific/Wallis",), True),
        (("Pacific/Wallis", PARIS), True),
    ):
        placing = replace(asked.law.placing, zones=tuple(sorted(zones)))
        somewhere = replace(asked, law=LAWS.of(BY_HAND, placing, "fixed", evening))
        assert ("fr.consent" in refusing(somewhere)) is told


def test_consent_lifted_the_hours_of_france_until_then() -> None:
    consents = agreed("phone_marketing")
    for now, told in (
        (at("2026-08-10T21:00", PARIS), []),
        (at("2026-08-11T21:00", PARIS), ["fr.hours"]),
    ):
        assert refusing(facts(FRANCE, now, BY_HAND, consents=consents)) == told


def test_a_refusal_rested_for_60_days_and_rests_for_ever() -> None:
    refused = past(
        FRANCE, at("2026-06-02T11:00", PARIS), Outcome.CONNECTED, DispositionKind.REFUSAL
    )

    def told(now: datetime) -> list[str]:
        return refusing(facts(FRANCE, now, BY_HAND, calls=(refused,), consents=agreed("customer")))

    assert told(at("2026-07-31T19:00", PARIS)) == ["fr.refused_60"]  # the 59th day
    late = facts(
        FRANCE,
        at("2026-07-31T19:00", PARIS),
        BY_HAND,
        calls=(refused,),
        consents=agreed("customer"),
    )
    assert evaluate(late).until == at("2026-08-02T00:00", PARIS)
    assert told(at("2026-08-03T11:00", PARIS)) == []  # Monday
    assert told(FIRST_DAY) == ["fr.refused"]
    assert told(at("2031-08-11T11:00", PARIS)) == ["fr.refused"]


def test_four_calls_in_30_days_in_france() -> None:
    calls = tuple(past(FRANCE, at(f"2026-11-{day:02}T11:00", PARIS)) for day in (2, 3, 4, 5))

    def asked(day: str, *, so_many: int = 4) -> Facts:
        now = at(f"{day}T11:00", PARIS)
        return facts(FRANCE, now, BY_HAND, calls=calls[:so_many], **MARKETING)

    assert refusing(asked("2026-12-01")) == ["fr.4in30"]  # 2 November is its 30th day back
    assert evaluate(asked("2026-12-01")).until == at("2026-12-02T00:00", PARIS)
    assert refusing(asked("2026-12-02")) == []
    assert refusing(asked("2026-12-01", so_many=3)) == []
