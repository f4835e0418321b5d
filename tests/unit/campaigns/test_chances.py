"""How likely somebody is to answer, on ledgers of which the truth is known."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns import logistic
from campaigns.chances import (
    FEWEST,
    FEWEST_OF_EACH,
    TRAITS,
    Chances,
    Examples,
    Levels,
    last_word,
    levels,
    was_answered,
)
from campaigns.model import DispositionKind, Outcome

MONDAY = datetime(2026, 6, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Truth:
    """A call of which is known how likely it was to be answered."""

    levels: Levels
    chance: float
    answered: bool


def people(seed: int, *, spread: float = 1.0) -> Iterator[Truth]:
    """Yield calls of a campaign; `spread` 0: all are alike."""
    lot = random.Random(seed)
    while True:
        day, hour = lot.randrange(7), lot.randrange(9, 21)
        tries = min(int(lot.expovariate(0.7)), 8)
        line = lot.choice(["mobile", "fixed", "voip"])
        list_id = lot.randrange(4)
        last = lot.choice(["no_answer", "busy", "machine"]) if tries else ""
        score = (0.9 if hour >= 17 else -0.3) + (0.3 if day >= 5 else 0.0) - 0.35 * tries
        score += {"mobile": -0.3, "fixed": 0.5, "voip": -0.9}[line] + 0.2 * (list_id - 1.5)
        score += 0.6 if last == "busy" else 0.0
        chance = 1 / (1 + math.exp(1.3 - spread * score))
        yield Truth(
            levels(
                MONDAY + timedelta(days=day, hours=hour),
                tries=tries,
                last=last,
                last_local=MONDAY + timedelta(hours=10) if tries else None,
                line=line,
                list_id=list_id,
            ),
            chance,
            lot.random() < chance,
        )


def examples(calls: Sequence[Truth]) -> Examples:
    found = Examples()
    for call in calls:
        found.add(call.levels, answered=call.answered)
    return found


def learned(calls: Sequence[Truth]) -> Chances:
    model = examples(calls).fit()
    assert model is not None
    return model


def log_loss(told: Sequence[float], calls: Sequence[Truth]) -> float:
    losses = (-math.log(p if call.answered else 1 - p) for p, call in zip(told, calls, strict=True))
    return sum(losses) / len(calls)


@pytest.fixture(scope="module")
def past() -> list[Truth]:
    return list(islice(people(1), 40_000))


@pytest.fixture(scope="module")
def coming() -> list[Truth]:
    return list(islice(people(2), 20_000))


@pytest.fixture(scope="module")
def model(past: list[Truth]) -> Chances:
    return learned(past)


def test_in_each_tenth_of_the_calls_as_many_answer_as_was_said(model: Chances, coming: list[Truth]):
    told = sorted(((model.of(call.levels), call) for call in coming), key=lambda one: one[0])
    tenth = len(told) // 10
    deciles = [told[at : at + tenth] for at in range(0, len(told), tenth)]
    means = []
    for calls in deciles:
        said = sum(chance for chance, _ in calls) / len(calls)
        were = sum(call.answered for _, call in calls) / len(calls)
        noise = math.sqrt(said * (1 - said) / len(calls))
        assert abs(said - were) < 4 * noise
        means.append(said)
    assert means[-1] > 4 * means[0], "it tells people apart"


def test_it_is_nearly_as_good_as_knowing_the_truth(
    model: Chances, past: list[Truth], coming: list[Truth]
):
    share = sum(call.answered for call in past) / len(past)
    by_share = log_loss([share] * len(coming), coming)
    by_model = log_loss([model.of(call.levels) for call in coming], coming)
    by_truth = log_loss([call.chance for call in coming], coming)
    assert by_truth < by_model < by_share
    assert (by_share - by_model) / (by_share - by_truth) > 0.97


@pytest.mark.parametrize("calls", [1000, 5000, 20_000])
def test_where_all_are_alike_nothing_is_said_or_hardly_anything(calls: int):
    for seed in range(10, 15):
        same = list(islice(people(seed, spread=0), calls))
        model = examples(same).fit()
        if model is None:
            continue
        coming = list(islice(people(seed + 100, spread=0), 20_000))
        share = sum(call.answered for call in same) / len(same)
        told = [model.of(call.levels) for call in coming]
        assert log_loss(told, coming) - log_loss([share] * len(coming), coming) < 0.003


def test_a_few_hundred_calls_never_make_it_worse_than_one_share_for_all(coming: list[Truth]):
    gains = []
    for seed in range(20, 40):
        few = list(islice(people(seed), 700))
        model = examples(few).fit()
        if model is not None:
            share = sum(call.answered for call in few) / len(few)
            told = [model.of(call.levels) for call in coming[:5000]]
            gains.append(log_loss([share] * 5000, coming[:5000]) - log_loss(told, coming[:5000]))
    assert len(gains) > 10
    assert min(gains) > 0


def test_a_level_that_was_never_seen_says_nothing(model: Chances, past: list[Truth]):
    known = past[0].levels
    where = list(TRAITS).index("list")
    unknown = (*known[:where], "no such list", *known[where + 1 :])
    others = [(*known[:where], str(of), *known[where + 1 :]) for of in range(4)]
    told = [model.of(one) for one in others]
    assert min(told) < model.of(unknown) < max(told)


def test_a_level_that_was_seen_once_says_hardly_anything(past: list[Truth]):
    where = list(TRAITS).index("list")
    known = past[0].levels
    odd = replace(past[0], levels=(*known[:where], "odd", *known[where + 1 :]), answered=True)
    model = learned([*past[:5000], odd])
    without = learned(past[:5000])
    assert abs(model.of(odd.levels) - without.of(odd.levels)) < 0.05


def test_an_empty_ledger_says_nothing():
    assert Examples().fit() is None


def test_too_few_calls_say_nothing(past: list[Truth]):
    assert examples(past[: FEWEST - 1]).fit() is None
    assert examples(past[:FEWEST]).fit() is not None


@pytest.mark.parametrize("rare", [True, False])
def test_nor_do_calls_that_nearly_all_end_alike(past: list[Truth], rare: bool):
    few = [replace(call, answered=rare) for call in past[:FEWEST_OF_EACH]]
    many = [replace(call, answered=not rare) for call in past[1000:3000]]
    assert examples([*few[1:], *many]).fit() is None
    assert examples([*few, *many]).fit() is not None


def test_more_levels_than_are_kept_do_no_harm(past: list[Truth]):
    where = list(TRAITS).index("list")
    many = [
        replace(call, levels=(*call.levels[:where], str(at % 700), *call.levels[where + 1 :]))
        for at, call in enumerate(past[:10_000])
    ]
    model = learned(many)
    assert len(model.weights[where]) == 100
    assert all(0 < model.of(call.levels) < 1 for call in many)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.tuples(*[st.sampled_from("abc")] * len(TRAITS)), st.booleans()),
        min_size=20,
        max_size=80,
    ),
    st.integers(10, 40),
)
def test_whatever_the_ledger_holds_a_chance_is_one(rows: list, times: int):
    found = Examples()
    for call, answered in rows * times:
        found.add(call, answered=answered)
    model = found.fit()
    answers = sum(answered for _, answered in rows) * times
    enough = len(rows) * times >= FEWEST
    if not enough or min(answers, len(rows) * times - answers) < FEWEST_OF_EACH:
        assert model is None
    if model is None:
        return
    told = [model.of(call) for call, _ in rows]
    assert all(0 < chance < 1 for chance in told)
    # The constant is not drawn to anything: on the whole it is right.
    assert sum(told) * times == pytest.approx(answers, rel=1e-3)


def test_the_fit_is_that_of_a_table_of_calls_by_levels():
    lot = np.random.default_rng(5)
    columns = [lot.integers(1, 4, 3000), lot.integers(0, 6, 3000)]
    answered = (lot.random(3000) < 0.2 + 0.1 * (columns[0] == 2)).astype(np.int8)
    found = logistic.fit(columns, answered, [2.0, 5.0])
    assert found is not None
    usual, (first, second) = found
    table = np.zeros((3000, 9))
    table[:, 0] = 1
    table[np.arange(3000), columns[0]] = 1  # codes 1 to 3 in columns 1 to 3
    some = columns[1] > 0
    table[np.flatnonzero(some), 3 + columns[1][some]] = 1
    weights = np.array([usual, *first[1:], *second[1:]])
    chance = 1 / (1 + np.exp(-table @ weights))
    slope = table.T @ (answered - chance) - np.array([0] + [2.0] * 3 + [5.0] * 5) * weights
    assert np.abs(slope).max() < 1e-4
    assert first[0] == second[0] == 0


# What is known of a call


@pytest.mark.parametrize(
    ("outcome", "answered"),
    [
        (Outcome.CONNECTED, True),
        (Outcome.ABANDONED, True),
        (Outcome.HUNG_UP_WAITING, True),
        (Outcome.HUNG_UP_EARLY, False),
        (Outcome.MACHINE, False),
        (Outcome.FAX, False),
        (Outcome.NO_ANSWER, False),
        (Outcome.BUSY, False),
        (Outcome.UNALLOCATED, False),
        (Outcome.CONGESTION, None),
        (Outcome.FAILED, None),
        (Outcome.UNKNOWN, None),
    ],
)
def test_which_outcomes_are_an_answer(outcome: Outcome, answered: bool | None):
    assert was_answered(outcome) is answered


def test_every_outcome_is_decided():
    assert {was_answered(outcome) for outcome in Outcome} == {True, False, None}


@pytest.mark.parametrize(
    ("outcome", "disposition", "word"),
    [
        (None, None, ""),
        (Outcome.NO_ANSWER, None, "no_answer"),
        (Outcome.CONNECTED, None, "connected"),
        (Outcome.CONNECTED, DispositionKind.PARTIAL, "connected"),
        (Outcome.CONNECTED, DispositionKind.MACHINE, "machine"),
        (Outcome.CONNECTED, DispositionKind.NO_CONTACT, "machine"),
    ],
)
def test_what_the_call_before_says(outcome, disposition, word: str):
    assert last_word(outcome, disposition) == word


def of(local: datetime, **more: object) -> dict[str, str]:
    words = {"tries": 0, "last": "", "last_local": None, "line": "mobile", "list_id": 7}
    return dict(zip(TRAITS, levels(local, **(words | more)), strict=True))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("clock", "part"),
    [
        ("11:59", "days:morning"),
        ("12:00", "days:afternoon"),
        ("16:59", "days:afternoon"),
        ("17:00", "days:evening"),
    ],
)
def test_the_part_of_the_day(clock: str, part: str):
    found = of(datetime.fromisoformat(f"2026-06-05T{clock}"))
    assert found["part_of_week"] == part
    assert found["hour"] == str(int(clock[:2]))
    assert (found["weekday"], found["line"], found["list"]) == ("4", "mobile", "7")


def test_the_weekend_begins_on_saturday():
    assert of(datetime(2026, 6, 5, 23, tzinfo=UTC))["part_of_week"] == "days:evening"
    assert of(datetime(2026, 6, 6, 0, tzinfo=UTC))["part_of_week"] == "end:morning"


@pytest.mark.parametrize(
    ("last", "hour", "same"),
    [
        ("no_answer", 13, "same"),
        ("no_answer", 11, "other"),
        ("busy", 16, "same"),
        ("machine", 13, ""),
        ("", 13, ""),
    ],
)
def test_whether_they_were_called_in_vain_at_this_time_of_day(last: str, hour: int, same: str):
    before = datetime(2026, 6, 1, hour, tzinfo=UTC)
    found = of(datetime(2026, 6, 2, 14, tzinfo=UTC), tries=1, last=last, last_local=before)
    assert found["same_part"] == same


@pytest.mark.parametrize(("tries", "level"), [(0, "0"), (5, "5"), (6, "6"), (40, "6")])
def test_many_tries_are_one_level(tries: int, level: str):
    assert of(MONDAY, tries=tries, last=None)["tries"] == level
    assert of(MONDAY, tries=tries, last=None)["last"] == "?"
