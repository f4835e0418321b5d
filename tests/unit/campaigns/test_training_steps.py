"""Newcomers practise, then call in company, then alone; a campaign says how often."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.changes import describe_changes
from campaigns.fields import Section
from campaigns.training_steps import (
    NO_TRAINING,
    Counts,
    StepKind,
    Training,
    read_training,
    step_of,
)
from leads.problems import Problem
from tests.unit.campaigns.examples import campaign

TRAINING = Training(practice=3, supervised=5)
few = st.integers(0, 9)


@pytest.mark.parametrize(
    ("practised", "supervised", "kind", "why"),
    [
        (0, 0, StepKind.PRACTICE, "0 of 3 talks with demo people are done"),
        (2, 0, StepKind.PRACTICE, "2 of 3 talks with demo people are done"),
        (3, 0, StepKind.ACCOMPANIED, "0 of 5 calls in company are done"),
        (3, 4, StepKind.ACCOMPANIED, "4 of 5 calls in company are done"),
        (3, 5, StepKind.ALONE, "the training is done"),
        (9, 9, StepKind.ALONE, "the training is done"),
        (2, 9, StepKind.PRACTICE, "2 of 3 talks with demo people are done"),
    ],
)
def test_a_newcomer_goes_on_when_the_step_is_done(
    practised: int, supervised: int, kind: StepKind, why: str
):
    step = step_of(TRAINING, Counts(practised=practised, supervised=supervised))
    assert (step.kind, step.why) == (kind, why)


def test_either_step_may_be_left_out():
    assert step_of(Training(supervised=1), Counts()).kind is StepKind.ACCOMPANIED
    assert step_of(Training(practice=1), Counts(practised=1)).kind is StepKind.ALONE


@given(few, few, few, few)
def test_who_is_released_or_supervises_calls_alone(
    practice: int, supervised: int, practised: int, accompanied: int
):
    training = Training(practice=practice, supervised=supervised)
    done = {"practised": practised, "supervised": accompanied}
    assert step_of(training, Counts(released=True, **done)).kind is StepKind.ALONE
    assert step_of(training, Counts(newcomer=False, **done)).kind is StepKind.ALONE


@given(few, few)
def test_a_campaign_that_asks_for_nothing_trains_nobody(practised: int, supervised: int):
    step = step_of(NO_TRAINING, Counts(practised=practised, supervised=supervised))
    assert step.kind is StepKind.ALONE


@given(few, few, few, few)
def test_more_practice_never_leads_back(
    practice: int, supervised: int, practised: int, accompanied: int
):
    training = Training(practice=practice, supervised=supervised)
    order = list(StepKind)
    before = step_of(training, Counts(practised=practised, supervised=accompanied)).kind
    for more in (
        Counts(practised=practised + 1, supervised=accompanied),
        Counts(practised=practised, supervised=accompanied + 1),
    ):
        assert order.index(step_of(training, more).kind) >= order.index(before)


def read(table: str) -> tuple[Training, tuple[str, ...]]:
    """Return what the text of a table means, and all that is wrong with it."""
    problems: list[Problem] = []
    file = Section(tomllib.loads(table), problems)
    training = read_training(file)
    file.close()
    return training, tuple(f"{one.where}: {one.why}" for one in problems)


def test_a_campaign_file_says_what_it_asks_of_newcomers():
    assert read("[training]\npractice = 3\nsupervised = 5") == (TRAINING, ())
    assert read("[training]\nsupervised = 99") == (Training(supervised=99), ())
    assert read("") == (NO_TRAINING, ())
    assert describe_changes(campaign(), campaign(training=TRAINING)) == (
        "training.practice: none -> 3",
        "training.supervised: none -> 5",
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("practice = 100", "training.practice: must be from 0 to 99"),
        ('supervised = "five"', "training.supervised: must be a whole number"),
        ("practise = 3", "training.practise: unknown key; the nearest known one is 'practice'"),
    ],
)
def test_a_training_that_cannot_be_meant_is_refused(line: str, told: str):
    _, (problem,) = read(f"[training]\n{line}")
    assert problem.startswith(told)
