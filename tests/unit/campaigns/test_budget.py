"""The abandonment budget: what a share so far allows, and which of several shares decides."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.abandonment import Share
from campaigns.budget import OWN_LIMIT, Account, Z, account, deciding, has_own_limit
from campaigns.model import DialMode
from campaigns.pace_settings import PaceSettings
from campaigns.rules.loading import load
from campaigns.rules.model import AbandonmentRule
from campaigns.rules.own import Own
from tests.unit.campaigns.examples import campaign, utc

BOOK = load(None, Own())
DAY = utc("2026-06-02T16:00").date()
COUNTS = st.integers(0, 5000)
SHARES = st.sampled_from([0.001, 0.01, 0.02, 0.03, 0.05])


def rule(rule_id: str) -> AbandonmentRule:
    found = BOOK.rule(rule_id)
    assert isinstance(found, AbandonmentRule)
    return found


FTC, CANADA, OFCOM = map(rule, ("us.ftc.abandon", "ca.abandon", "gb.ofcom.guard"))


def stands(abandoned: float, answered: float, soft: float = 0.03, limit: float = 0.03) -> Account:
    return Account(rule="a", abandoned=abandoned, answered=answered, limit=limit, soft_limit=soft)


def measured(abandoned: float, answered: float) -> Share:
    return Share(
        begins=DAY,
        ends=DAY,
        counters={},
        numerator=abandoned,
        denominator=answered,
        rate=abandoned / answered if answered else None,
        kept=None,
    )


# -- one account ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("abandoned", "answered", "soft", "limit", "spent"),
    [
        (0, 0, 0.03, 0.03, False),
        (1, 1, 0.03, 0.03, False),  # a single call is no reason to panic
        (2, 10, 0.03, 0.03, True),
        (2, 66, 0.03, 0.03, True),
        (2, 67, 0.03, 0.03, False),
        (30, 1000, 0.03, 0.03, False),  # three per cent are allowed, and no call more
        (31, 1000, 0.03, 0.03, True),
        (3, 200, 0.01, 0.03, False),  # above the soft limit, as chance has it
        (5, 200, 0.01, 0.03, True),
        (15, 1000, 0.01, 0.03, False),
        (16, 1000, 0.01, 0.03, True),
        (4, 120, 0.02, 0.03, True),  # chance would explain it, the limit does not
        (1, 1000, 0.0, 0.0, True),
        (0, 0, 0.0, 0.0, True),  # none allowed, none dialled for
    ],
)
def test_when_an_account_is_spent(
    abandoned: int, answered: int, soft: float, limit: float, spent: bool
) -> None:
    assert stands(abandoned, answered, soft, limit).spent is spent


@pytest.mark.parametrize(("abandoned", "spent"), [(31, False), (33, False), (34, True)])
def test_predictive_pacing_makes_up_for_three_calls_by_itself(abandoned: int, spent: bool) -> None:
    predictive, ratio = (
        account(FTC, campaign(mode=mode), measured(abandoned, 1000))
        for mode in (DialMode.PREDICTIVE, DialMode.RATIO)
    )
    assert predictive.spent is spent
    assert ratio.spent


@given(answered=COUNTS, soft=SHARES, limit=SHARES)
def test_the_first_abandoned_call_spends_nothing_and_the_limit_is_never_passed_by_two(
    answered: int, soft: float, limit: float
) -> None:
    soft = min(soft, limit)
    assert not stands(1, answered, soft, limit).spent
    allowed = stands(0, answered, soft, limit).allowed
    assert 1 <= allowed <= max(1, answered * limit)


@given(abandoned=st.integers(2, 300), answered=st.integers(1, 5000), soft=SHARES)
def test_the_soft_limit_holds_where_wilsons_lower_bound_is_above_it(
    abandoned: int, answered: int, soft: float
) -> None:
    abandoned = min(abandoned, answered)
    one = stands(abandoned, answered, soft, limit=1.0)
    share = abandoned / answered
    spread = Z * sqrt(share * (1 - share) / answered + Z**2 / (4 * answered**2))
    lower = (share + Z**2 / (2 * answered) - spread) / (1 + Z**2 / answered)
    if abs(lower - soft) > 1e-9 and one.allowed > 1:
        assert one.spent is (lower > soft)


@given(answered=COUNTS, more=COUNTS, soft=SHARES, narrower=SHARES, limit=SHARES)
def test_answers_add_to_the_allowance_and_narrower_limits_take_from_it(
    answered: int, more: int, soft: float, narrower: float, limit: float
) -> None:
    soft = min(soft, limit)
    narrower = min(soft, narrower)
    allowed = stands(0, answered, soft, limit).allowed
    assert stands(0, answered + more, soft, limit).allowed >= allowed - 1e-9
    assert stands(0, answered, narrower, limit).allowed <= allowed + 1e-9
    assert stands(0, answered, narrower, max(narrower, limit / 2)).allowed <= allowed + 1e-9


# -- the limits of rules and campaign --------------------------------------------------------


@pytest.mark.parametrize(
    ("its_rule", "settings", "limit", "soft"),
    [
        (FTC, {}, 0.03, 0.03),
        (FTC, {"abandon_limit": 0.02}, 0.02, 0.02),
        (FTC, {"pace": PaceSettings(soft_limit=0.015)}, 0.03, 0.015),
        (CANADA, {}, 0.03, 0.03),  # Canada allows more; the campaign file cannot
        (OFCOM, {}, 0.03, 0.01),
        (OFCOM, {"abandon_limit": 0.005}, 0.005, 0.005),
        (OFCOM, {"pace": PaceSettings(soft_limit=0.02)}, 0.03, 0.01),
        (OFCOM, {"pace": PaceSettings(soft_limit=0.004)}, 0.03, 0.004),
        (OWN_LIMIT, {"abandon_limit": 0.0}, 0.0, 0.0),
    ],
)
def test_the_narrowest_limit_holds(
    its_rule: AbandonmentRule, settings: dict[str, object], limit: float, soft: float
) -> None:
    found = account(its_rule, campaign(mode=DialMode.PREDICTIVE, **settings), None)
    assert (found.rule, found.limit, found.soft_limit) == (its_rule.id, limit, soft)
    assert (found.abandoned, found.answered, found.rate) == (0, 0, 0)


def test_the_account_that_is_nearest_to_its_limit_decides() -> None:
    floor = campaign(mode=DialMode.RATIO)
    ftc, ofcom = account(FTC, floor, measured(20, 1000)), account(OFCOM, floor, measured(2, 300))
    assert (ftc.used, ofcom.used) == (pytest.approx(20 / 30), pytest.approx(2 / 5.835, rel=1e-3))
    assert deciding([ofcom, ftc]) is ftc
    worse = account(OFCOM, floor, measured(6, 300))
    assert deciding([ftc, worse]) is worse
    assert deciding([]) is None


def test_of_accounts_as_near_the_lowest_decides() -> None:
    floor = campaign(mode=DialMode.PREDICTIVE)
    ftc, ofcom = account(FTC, floor, None), account(OFCOM, floor, None)
    assert deciding([ftc, ofcom]) is ofcom


@pytest.mark.parametrize("mode", DialMode)
def test_the_file_has_a_limit_of_its_own_where_people_are_called_for_agents(mode: DialMode) -> None:
    expected = mode in {DialMode.PROGRESSIVE, DialMode.RATIO, DialMode.PREDICTIVE}
    assert has_own_limit(campaign(mode=mode)) is expected
