"""A refusal from the talk to the export: its reason, what it asks for, what is offered then."""

import csv
import io
from pathlib import Path
from typing import Any

from tests.cli.conftest import CAMPAIGN, Say

ANNA = "next --campaign tariff-switch --agent anna"
OFFER = 'offer = { campaign = "tariff-budget", before = "60d" }\n'


def test_without_reasons_of_its_own_a_campaign_offers_the_built_in_ones_in_groups(
    office: Path, say: Say, facts: Any
) -> None:
    without = CAMPAIGN.replace('[[refusal_reasons]]\ncode = "price"\n', "")
    (office / "tariff-switch.toml").write_text(without, encoding="utf-8")
    say("campaigns update tariff-switch.toml")
    say("campaigns start tariff-switch")
    person = facts(ANNA)
    (refusal,) = [one for one in person["dispositions"] if one["kind"] == "refusal"]
    assert refusal["reasons"][0] == {
        "code": "too_expensive",
        "label": "Too expensive",
        "group": "price",
        "needs": "",
    }
    screen = say(ANNA).stdout
    assert "\n  price: too_expensive, no_saving" in screen
    assert "\n  contract: under_contract_until (date), " in screen
    assert max(map(len, screen.splitlines())) <= 80
    told = say(f"result {person['lease']} --disposition refusal --reason too_dear", status=2)
    assert "'too_dear' is no reason of this campaign, the nearest is 'too_" in told.stderr
    assert "`ringbank next` shows in the groups price, contract" in told.stderr
    told = say(f"result {person['lease']} --disposition refusal --reason price", status=2)
    assert "'price' is a group of reasons; add --reason with one of too_expensive" in told.stderr


def test_a_refusal_is_offered_something_before_its_day(office: Path, say: Say, facts: Any) -> None:
    bound = f'\n[[refusal_reasons]]\ncode = "under_contract_until"\n{OFFER}'
    (office / "tariff-switch.toml").write_text(CAMPAIGN + bound, encoding="utf-8")
    warned = say("campaigns update tariff-switch.toml")
    assert warned.stderr == (
        "nobody is sent to the campaign 'tariff-budget' until there is one; "
        "create it with: ringbank campaigns create FILE\n"
    )
    budget = CAMPAIGN.replace("tariff-switch", "tariff-budget", 1)
    (office / "tariff-budget.toml").write_text(budget, encoding="utf-8")
    assert "nobody is sent" not in say("campaigns create tariff-budget.toml").stderr
    assert say("campaigns update tariff-switch.toml").stderr == ""
    say("campaigns start tariff-switch")
    lease = facts(ANNA)["lease"]
    refuse = f"result {lease} --disposition refusal --reason under_contract_until"
    assert "needs a date; add --detail 2027-03-01" in say(refuse, status=2).stderr
    assert "is no date" in say(f"{refuse} --detail soon", status=2).stderr
    say(f"{refuse} --detail 01.03.2099 --note 'with Telia'")
    (refusal,) = csv.DictReader(io.StringIO(say("export refusals --output -").stdout))
    assert (refusal["reason"], refusal["detail"]) == ("under_contract_until", "2099-03-01")
    assert (refusal["reoffer_campaign"], refusal["reoffer_at"][:10]) == (
        "tariff-budget",
        "2098-12-31",
    )
    story = say("leads show 1").stdout
    assert "said: refusal (under_contract_until: 2099-03-01)" in story
    assert "goes on in tariff-budget" in story


def test_a_reason_that_is_a_wish_not_to_be_called_is_one(
    office: Path, say: Say, facts: Any
) -> None:
    wish = '\n[[refusal_reasons]]\ncode = "data_deletion_request"\n'
    (office / "tariff-switch.toml").write_text(CAMPAIGN + wish, encoding="utf-8")
    say("campaigns update tariff-switch.toml")
    say("campaigns start tariff-switch")
    lease = facts(ANNA)["lease"]
    done = say(f"result {lease} --disposition refusal --reason data_deletion_request")
    assert "on the do-not-call list from now on" in done.stderr
    assert facts("dnc check 22448201")["suppressed"] is True
