"""What the account of people called for nothing allows."""

import pytest

from dialer.pacing.account import Account


def account(*, answers=0, abandoned=0, limit=0.03):
    made = Account(limit)
    for _ in range(answers):
        made.answer()
    for _ in range(abandoned):
        made.abandon()
    return made


def test_an_empty_account_takes_the_limit_itself():
    assert account().risk == pytest.approx(0.03)


@pytest.mark.parametrize("answers", [10, 100, 1000])
def test_each_abandoned_call_lowers_the_risk(answers):
    risks = [account(answers=answers, abandoned=many).risk for many in range(40)]
    assert risks == sorted(risks, reverse=True)
    assert len(set(risks)) == len(risks)


def test_what_is_saved_up_has_an_end():
    assert account(answers=5000).risk == account(answers=50_000).risk


def test_a_reserve_is_put_aside_before_all_is_spent():
    # Of 200 answers six may be abandoned; after five the account is below nothing already.
    assert account(answers=200, abandoned=5).balance < 0.0 < account(answers=200).balance


def test_without_a_limit_no_risk_is_taken():
    assert account(limit=0.0).overdrawn
    assert not account().overdrawn


def test_a_bad_day_is_not_made_up_for_all_week():
    bad = Account(0.03)
    bad.load({"balance": -5000.0})
    assert bad.balance == -20.0


@pytest.mark.parametrize("rubbish", [None, 3, {"balance": "x"}, {"balance": float("nan")}])
def test_rubbish_leaves_it_empty(rubbish):
    found = account()
    found.load(rubbish)
    assert found.balance == 0.0


def test_what_was_saved_comes_back():
    found = account()
    found.load(account(answers=300, abandoned=4).save())
    assert found.save() == account(answers=300, abandoned=4).save()
