"""Whether a newcomer practises, calls in company, or calls alone; pure."""

from dataclasses import dataclass
from enum import StrEnum

from campaigns.fields import Section

_MOST = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What a campaign asks of newcomers before they call alone.

    Attributes:
        practice: talks with demo people.
        supervised: calls of people, in a supervisor's company.
    """

    practice: int = 0
    supervised: int = 0


NO_TRAINING = Training()


class StepKind(StrEnum):
    """How far a newcomer is."""

    PRACTICE = "practice"
    ACCOMPANIED = "accompanied"
    ALONE = "alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What is known of an agent's training in a campaign.

    Attributes:
        newcomer: their roles ask for training at all.
        practised: talks with demo people that came to a result.
        supervised: calls of people in company that came to a result.
        released: a supervisor has let them call alone.
    """

    newcomer: bool = True
    practised: int = 0
    supervised: int = 0
    released: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """How far somebody is, and why."""

    kind: StepKind
    why: str


def read_training(file: Section) -> Training:
    """Return the table [training] of a campaign file; without one nobody is trained."""
    table = file.section("training")
    return Training(
        practice=table.whole("practice", 0, _MOST, default=0),
        supervised=table.whole("supervised", 0, _MOST, default=0),
    )


def step_of(training: Training, counts: Counts) -> Step:
    """Return whether an agent practises, calls in company, or calls alone."""
    if not counts.newcomer:
        return Step(StepKind.ALONE, "supervisors and managers need no training")
    if counts.released:
        return Step(StepKind.ALONE, "a supervisor has let them call alone")
    if counts.practised < training.practice:
        why = f"{counts.practised} of {training.practice} talks with demo people are done"
        return Step(StepKind.PRACTICE, why)
    if counts.supervised < training.supervised:
        why = f"{counts.supervised} of {training.supervised} calls in company are done"
        return Step(StepKind.ACCOMPANIED, why)
    if training == NO_TRAINING:
        return Step(StepKind.ALONE, "the campaign asks for no training")
    return Step(StepKind.ALONE, "the training is done")
