"""What each step of a talk shows: its question, what can be chosen, what Enter does; pure."""

from dataclasses import replace
from datetime import date, datetime

from campaigns.model import Needs, QuestionType
from dialer.screen import when
from dialer.screen.panel import Field, Option, Panel, keyed, scaled
from dialer.screen.person import Question, choices_of
from dialer.screen.talk import (
    CALLBACK_BY,
    DETAIL,
    LANGUAGE,
    RESULT,
    WHEN,
    Step,
    Talk,
    answer_of,
    asked,
    chosen,
    field_of,
    groups,
    is_multi,
    order_so_far,
    order_values,
    places,
    question_of,
    reason_of,
    reasons,
)

_HINTS = {
    QuestionType.NUMBER: "a number, like 3 or 2.5",
    QuestionType.DATE: "a date, like 2027-03-01 or 01.03.2027",
    QuestionType.TEXT: "in their words",
}


_FIELD_HINTS = {
    "text": "words",
    "money": "an amount, like 499 or 12.50",
    "time": "a time of day, like 14:30",
    "window": "from and until, like 08:00-12:00",
    "phone": "a telephone number, like +4721000000",
    "email": "an address, like name@example.org",
    "items": "what;how many;price, like Router;1;499.00; further ones after |",
    **{kind.value: hint for kind, hint in _HINTS.items() if kind is not QuestionType.TEXT},
}


def panel(talk: Talk, *, local: datetime | None, then: str) -> Panel:
    """Return what is shown of the place where a talk is.

    Args:
        talk: where the agent is.
        local: the person's wall clock now, or None.
        then: what follows once the result is saved, in words.
    """
    place = talk.place
    match place.step:
        case Step.QUESTION:
            return _question(talk, question_of(talk, place.key))
        case Step.RESULT:
            return _result(talk, then)
        case Step.GROUP:
            return Panel(
                title="Why did they refuse?",
                options=keyed(groups(talk), [one == talk.group for one in groups(talk)]),
                mark=talk.mark,
                told=_told_of_group(talk),
                enter="open",
            )
        case Step.REASON:
            labels = [one.label for one in reasons(talk)]
            chosen_ones = [one.code == talk.reason for one in reasons(talk)]
            title = f"Why did they refuse? {talk.group or ''}".strip()
            told = _needed(reasons(talk)[talk.mark].needs) if talk.mark >= 0 else ""
            options = keyed(labels, chosen_ones)
            return Panel(title=title, options=options, mark=talk.mark, told=told, enter="choose")
        case Step.DETAIL:
            return _detail(talk, then)
        case Step.WHEN:
            return _when(talk, local)
        case Step.WHO:
            labels = ["As the campaign says", "You", "Whoever is free"]
            marks = [by == talk.by for by in (None, *CALLBACK_BY)]
            options = keyed(labels, marks)
            enter = _last(talk, then)
            return Panel(title="Who calls then?", options=options, mark=talk.mark, enter=enter)
        case Step.LANGUAGE:
            hint = "its code, like pl, ar or so; left empty where nobody knows"
            field = _field(talk, LANGUAGE, hint)
            return Panel(
                title="Which language do they speak?", field=field, enter=_last(talk, then)
            )
        case Step.ORDER:
            return _order(talk, then)
        case Step.SURE:
            offered = chosen(talk)
            label = offered.label if offered else ""
            return Panel(
                title=f"{label}: is it certain of {talk.person.name}?",
                options=(
                    Option(key="y", label=f"Yes, it is certain; save, {then}"),
                    Option(key="n", label="No, choose another result"),
                ),
                mark=talk.mark,
                told=offered.effect if offered else "",
                enter="do what is highlighted",
            )


def _question(talk: Talk, question: Question) -> Panel:
    row = asked(talk)
    place = row.index(question) + 1 if question in row else 1
    needed = ", needed" if question.required else ""
    title = f"Question {place}{_of_all(talk, question)}{needed}: {question.text}"
    values, given = choices_of(question), answer_of(talk, question)
    fault = talk.faults.get(f"answer:{question.key}", "")
    wrong = f"Wrong: {fault}" if fault else ""
    marks = [value in given for value in values]
    if question.type == QuestionType.SCALE:
        told = wrong or f"{question.low} to {question.high}"
        options = scaled(values, marks)
        return Panel(title=title, options=options, mark=talk.mark, told=told, enter="answer")
    if values:
        several = is_multi(question)
        told = wrong or ("several may be chosen; Enter goes on" if several else "")
        enter = "go on" if several else "answer"
        options = keyed(values, marks)
        return Panel(title=title, options=options, mark=talk.mark, told=told, enter=enter)
    hint = _HINTS.get(QuestionType(question.type), "")
    return Panel(title=title, field=_field(talk, f"answer:{question.key}", hint), enter="answer")


def _of_all(talk: Talk, question: Question) -> str:
    """Return how many questions there are, or nothing while an answer may bring up others."""
    every = talk.person.questions
    open_yet = any(not one.asked for one in every[every.index(question) + 1 :])
    return "" if open_yet else f" of {len(asked(talk))}"


def _result(talk: Talk, then: str) -> Panel:
    offered = talk.person.dispositions
    told, enter = "", ""
    if talk.mark >= 0:
        one = offered[talk.mark]
        # What follows stands first: where a low screen cuts the rest, it is still told.
        told = " ".join(f"{text.rstrip('.')}." for text in (one.effect, one.definition) if text)
        leads_on = places(replace(talk, chosen=one.code, reason=None))[-1] != RESULT
        enter = f"{one.label}, then more about it" if leads_on else f"save {one.label}, {then}"
    options = keyed([one.label for one in offered], [one.code == talk.chosen for one in offered])
    return Panel(title="What came of it?", options=options, mark=talk.mark, told=told, enter=enter)


def _detail(talk: Talk, then: str) -> Panel:
    reason = reason_of(talk)
    label = reason.label if reason else ""
    is_day = reason is not None and reason.needs == Needs.DATE
    hint = _HINTS[QuestionType.DATE if is_day else QuestionType.TEXT]
    field = _field(talk, DETAIL, hint)
    return Panel(
        title=f"{label}: {'which date?' if is_day else 'in which words?'}",
        field=field,
        enter=_last(talk, then),
    )


def _when(talk: Talk, local: datetime | None) -> Panel:
    field = _field(talk, WHEN, when.HINT)
    at = when.understood(field.text, local) or _plain_moment(field.text)
    if at is not None and local is not None:
        field = replace(field, means=when.in_words(at, local))
    elif local is None:
        field = replace(
            field, hint="their time is not known; add an offset: 2026-12-01T18:30+01:00"
        )
    return Panel(title="Call back: when?", field=field, enter="go on")


def _plain_moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return at if at.tzinfo is None and not _is_day(text) else None


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text.strip()))
    except ValueError:
        return False


def _order(talk: Talk, then: str) -> Panel:
    field, form = field_of(talk, talk.place.key), order_so_far(talk)
    offered = [one for one in talk.person.order if one.key in form.offered]
    number = offered.index(field) + 1 if field in offered else len(offered)
    needed = ", needed" if field.key in form.required else ""
    title = f"Order {number} of {len(offered)}{needed}: {field.label}"
    name, enter = f"order:{field.key}", _last(talk, then)
    if field.choices:
        marks = [choice in order_values(talk, field) for choice in field.choices]
        fault = f"Wrong: {talk.faults[name]}" if name in talk.faults else ""
        told = fault or " ".join(filter(None, (field.text, field.when)))
        options = keyed(field.choices, marks)
        return Panel(title=title, options=options, mark=talk.mark, told=told, enter=enter)
    example = f"like {field.example}" if field.example else ""
    hint = _FIELD_HINTS.get(field.type) or example or field.type
    told = " ".join(filter(None, (field.text, field.when)))
    return Panel(title=title, told=told, field=_field(talk, name, hint), enter=enter)


def _field(talk: Talk, name: str, hint: str) -> Field:
    return Field(
        name=name, text=talk.typed.get(name, ""), hint=hint, fault=talk.faults.get(name, "")
    )


def _last(talk: Talk, then: str) -> str:
    """Return what Enter does at a place that may be the last of the row."""
    return f"save, {then}" if talk.place == places(talk)[-1] else "go on"


def _told_of_group(talk: Talk) -> str:
    """Return the reasons of the highlighted group, so that nobody has to open each."""
    offered, named = chosen(talk), groups(talk)
    if offered is None or talk.mark < 0:
        return ""
    return ", ".join(one.label for one in offered.reasons if one.group == named[talk.mark])


def _needed(needs: str) -> str:
    return {
        Needs.DATE: "a date is asked for next",
        Needs.TEXT: "their words are asked for next",
    }.get(Needs(needs), "")
