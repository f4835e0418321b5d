"""One talk as a value: where the agent is in it, what was typed, which words come of it; pure.

A talk is a row of places: the questions that are asked, the result, and what the chosen
result needs besides. Keys move along the row; nothing that was typed is ever dropped.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from enum import Enum, auto
from typing import Any

from campaigns.model import DispositionKind, Needs, QuestionType
from campaigns.orders.form import SoFar, so_far
from dialer.screen.person import Offered, OrderField, Person, Question, Reason, choices_of


class Step(Enum):
    """What an agent is asked for."""

    QUESTION = auto()
    RESULT = auto()
    GROUP = auto()
    REASON = auto()
    DETAIL = auto()
    WHEN = auto()
    WHO = auto()
    LANGUAGE = auto()
    ORDER = auto()
    SURE = auto()


@dataclass(frozen=True, slots=True)
class Place:
    """A step, of a question or a field of the order: which one."""

    step: Step
    key: str = ""


RESULT = Place(Step.RESULT)

CALLBACK_BY = ("me", "any")
"""Who keeps a promise, in the words of `campaigns.result_words.CALLBACK_BY`."""

BETWEEN = "|"
"""What parts the items of an order field that takes several."""

NOTE, DETAIL, WHEN, LANGUAGE = "note", "detail", "when", "language"
"""Names of what is typed; an answer is `answer:KEY`, a field of the order `order:KEY`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A talk with one person.

    Attributes:
        mark: which of the options is highlighted; -1: none.
        answers: question -> what was chosen.
        typed: name of a field -> its text.
        chosen: the code of the disposition, or None.
        by: who keeps a promise, one of CALLBACK_BY; None: as the campaign says.
        called: the person was in a call that the engine made.
        sure: asked the second time, the agent said yes.
        faults: name of a field -> what is wrong with its text.
        saving: the words are on their way; keys wait.
    """

    person: Person
    place: Place = RESULT
    mark: int = -1
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)
    chosen: str | None = None
    group: str | None = None
    reason: str | None = None
    by: str | None = None
    called: bool = False
    sure: bool = False
    faults: Mapping[str, str] = field(default_factory=dict)
    saving: bool = False


def begin(person: Person) -> Talk:
    """Return the talk with a person, as far as a draft of it was kept."""
    draft = person.draft
    questions = {question.key: question for question in person.questions}
    answers: dict[str, tuple[str, ...]] = {}
    typed: dict[str, str] = {}
    for key, value in _pairs(draft.get("answers")):
        if key in questions and choices_of(questions[key]):
            answers[key] = (*answers.get(key, ()), value)
        else:
            typed[f"answer:{key}"] = value
    for key, value in _pairs(draft.get("order")):
        before = typed.get(f"order:{key}")
        typed[f"order:{key}"] = f"{before} {BETWEEN} {value}" if before else value
    for name, kept in (
        (NOTE, "note"),
        (DETAIL, "detail"),
        (WHEN, "callback"),
        (LANGUAGE, "language"),
    ):
        if draft.get(kept):
            typed[name] = str(draft[kept])
    talk = Talk(
        person=person,
        called=person.live,
        answers=answers,
        typed=typed,
        chosen=_known(draft.get("disposition"), [one.code for one in person.dispositions]),
        by=_known(draft.get("callback_by"), CALLBACK_BY),
    )
    offered = chosen(talk)
    if offered is not None:
        codes = {reason.code: reason for reason in offered.reasons}
        found = codes.get(str(draft.get("reason")))
        if found is not None:
            talk = replace(talk, reason=found.code, group=found.group)
    return goto(talk, _first(talk))


def _known(value: object, known: Any) -> str | None:
    return value if isinstance(value, str) and value in known else None


def _pairs(words: Any) -> list[tuple[str, str]]:
    return [(key, value) for key, _, value in (str(word).partition("=") for word in words or ())]


def _first(talk: Talk) -> Place:
    """Return where a talk goes on: the first question without an answer, or the result."""
    for question in asked(talk):
        if not answer_of(talk, question):
            return Place(Step.QUESTION, question.key)
    return RESULT


def asked(talk: Talk) -> tuple[Question, ...]:
    """Return the questions that are asked of the person, by the answers so far."""
    return tuple(question for question in talk.person.questions if question.asked)


def question_of(talk: Talk, key: str) -> Question:
    """Return a question by its key."""
    return next(question for question in talk.person.questions if question.key == key)


def field_of(talk: Talk, key: str) -> OrderField:
    """Return a field of the order form by its key."""
    return next(one for one in talk.person.order if one.key == key)


def answer_of(talk: Talk, question: Question) -> tuple[str, ...]:
    """Return what was answered, chosen or typed."""
    if choices_of(question):
        return talk.answers.get(question.key, ())
    text = talk.typed.get(f"answer:{question.key}", "").strip()
    return (text,) if text else ()


def chosen(talk: Talk) -> Offered | None:
    """Return the disposition that was chosen, or None."""
    return next((one for one in talk.person.dispositions if one.code == talk.chosen), None)


def groups(talk: Talk) -> tuple[str, ...]:
    """Return the groups of reasons that the chosen refusal offers."""
    offered = chosen(talk)
    return tuple(dict.fromkeys(one.group for one in offered.reasons)) if offered else ()


def reasons(talk: Talk) -> tuple[Reason, ...]:
    """Return the reasons of the group that was chosen, or all where there is but one group."""
    offered = chosen(talk)
    found = offered.reasons if offered else ()
    if len(groups(talk)) > 1:
        return tuple(one for one in found if one.group == talk.group)
    return found


def reason_of(talk: Talk) -> Reason | None:
    """Return the reason that was chosen, or None."""
    return next((one for one in reasons(talk) if one.code == talk.reason), None)


def places(talk: Talk) -> tuple[Place, ...]:
    """Return the row of places of a talk, in the order in which they are asked for."""
    before = tuple(Place(Step.QUESTION, question.key) for question in asked(talk))
    return (*before, RESULT, *_besides(talk))


def _besides(talk: Talk) -> tuple[Place, ...]:
    """Return what the chosen disposition needs besides its name."""
    offered = chosen(talk)
    if offered is None:
        return ()
    found: list[Place] = []
    if offered.kind == DispositionKind.REFUSAL:
        if len(groups(talk)) > 1:
            found.append(Place(Step.GROUP))
        found.append(Place(Step.REASON))
        reason = reason_of(talk)
        if reason is not None and reason.needs != Needs.NOTHING:
            found.append(Place(Step.DETAIL))
    if offered.kind == DispositionKind.CALLBACK:
        found += [Place(Step.WHEN), Place(Step.WHO)]
    if offered.kind == DispositionKind.LANGUAGE:
        found.append(Place(Step.LANGUAGE))
    if offered.form == "order":
        offered_now = order_so_far(talk).offered
        found += [Place(Step.ORDER, one.key) for one in talk.person.order if one.key in offered_now]
    if offered.twice:
        found.append(Place(Step.SURE))
    return tuple(found)


def missing(talk: Talk) -> Place | None:
    """Return the first place without which there is no result, or None: it can be given."""
    if chosen(talk) is None:
        return RESULT
    return next((place for place in _besides(talk) if not _filled(talk, place)), None)


def _filled(talk: Talk, place: Place) -> bool:
    match place.step:
        case Step.GROUP | Step.REASON:
            return reason_of(talk) is not None
        case Step.DETAIL:
            return bool(talk.typed.get(DETAIL, "").strip())
        case Step.WHEN:
            return bool(talk.typed.get(WHEN, "").strip())
        case Step.ORDER:
            needed = place.key in order_so_far(talk).required
            return not needed or bool(talk.typed.get(f"order:{place.key}", "").strip())
        case Step.SURE:
            return talk.sure
        case _:
            return True


def goto(talk: Talk, place: Place) -> Talk:
    """Return a talk at a place of its row, what was chosen there before highlighted."""
    there = replace(talk, place=place)
    match place.step:
        case Step.QUESTION:
            question = question_of(talk, place.key)
            given = answer_of(talk, question)
            marks = [value in given for value in choices_of(question)]
        case Step.RESULT:
            marks = [one.code == talk.chosen for one in talk.person.dispositions]
        case Step.GROUP:
            marks = [group == talk.group for group in groups(talk)]
        case Step.REASON:
            marks = [one.code == talk.reason for one in reasons(talk)]
        case Step.WHO:
            marks = [by == talk.by for by in (None, *CALLBACK_BY)]
        case Step.ORDER:
            form = field_of(talk, place.key)
            held = order_values(talk, form)
            marks = [choice in held for choice in form.choices]
        case _:
            marks = []
    if True in marks:
        return replace(there, mark=marks.index(True))
    return replace(there, mark=_SUGGESTED.get(place.step, -1))


_SUGGESTED = {Step.WHO: 0, Step.SURE: 1}
"""What is highlighted of itself: elsewhere nothing, so that Enter alone chooses nothing."""


def typed_name(talk: Talk) -> str | None:
    """Return the name of what is typed at this place, or None: something is chosen there."""
    place = talk.place
    if place.step is Step.QUESTION and not choices_of(question_of(talk, place.key)):
        return f"answer:{place.key}"
    if place.step is Step.ORDER and not field_of(talk, place.key).choices:
        return f"order:{place.key}"
    return {Step.DETAIL: DETAIL, Step.WHEN: WHEN, Step.LANGUAGE: LANGUAGE}.get(place.step)


def write(talk: Talk, name: str, text: str) -> Talk:
    """Return a talk with a field's text; a fault of the old text goes with it."""
    if talk.typed.get(name, "") == text:
        return talk
    faults = {key: why for key, why in talk.faults.items() if key != name}
    return replace(talk, typed={**talk.typed, name: text}, faults=faults)


def rerendered(talk: Talk, person: Person) -> Talk:
    """Return a talk after its questions were told anew, at a question that is asked still.

    A question that an answer has brought up before this place is asked next, unless the agent is
    past them.
    """
    before = {question.key for question in asked(talk)}
    now = replace(talk, person=person)
    fresh = [
        question
        for question in asked(now)
        if question.key not in before and not answer_of(now, question)
    ]
    row = places(now)
    gone = now.place.step is Step.QUESTION and now.place not in row
    # One that comes later in the row is reached in its turn; who chooses several is not done yet.
    passed = row[: row.index(now.place)] if now.place in row else row
    fresh = [question for question in fresh if Place(Step.QUESTION, question.key) in passed]
    if fresh and now.place.step in (Step.QUESTION, Step.RESULT) and now.chosen is None:
        return goto(now, Place(Step.QUESTION, fresh[0].key))
    return goto(now, _first(now)) if gone else now


def is_touched(talk: Talk) -> bool:
    """Tell whether something was typed or chosen that would be missed."""
    return bool(talk.answers or talk.chosen or any(text.strip() for text in talk.typed.values()))


def takes_several(field: OrderField) -> bool:
    """Tell whether a field of the order takes several values."""
    return field.type in ("multi", "items")


def order_values(talk: Talk, field: OrderField) -> tuple[str, ...]:
    """Return what a field of the order holds."""
    text = talk.typed.get(f"order:{field.key}", "")
    values = text.split(BETWEEN) if takes_several(field) else [text]
    return tuple(value.strip() for value in values if value.strip())


def order_words(talk: Talk) -> tuple[str, ...]:
    """Return the fields of the order that hold something; several values are several words."""
    several = {one.key for one in talk.person.order if takes_several(one)}
    found: list[str] = []
    for name, text in talk.typed.items():
        key = name.removeprefix("order:")
        if key != name:
            values = text.split(BETWEEN) if key in several else [text]
            found += [f"{key}={value.strip()}" for value in values if value.strip()]
    return tuple(found)


def order_so_far(talk: Talk) -> SoFar:
    """Return which fields of the order are offered and needed by now, and what is wrong there."""
    person = talk.person
    if person.form is None:
        return SoFar(frozenset(), frozenset(), {})
    today = person.local_time or person.seen_at.astimezone(UTC)
    return so_far(person.form, order_words(talk), today=today.date())


def is_multi(question: Question) -> bool:
    """Tell whether several choices may be given."""
    return question.type == QuestionType.MULTI
