"""The steps of a talk: what each shows, and what a key does there; pure."""

from dataclasses import replace
from datetime import UTC, date, datetime
from enum import Enum, auto

from campaigns.model import Needs, QuestionType
from dialer.screen import when
from dialer.screen.panel import Field, Option, Panel, keyed, moved, place_of, scaled
from dialer.screen.person import Question, choices_of
from dialer.screen.talk import (
    BETWEEN,
    CALLBACK_BY,
    DETAIL,
    LANGUAGE,
    RESULT,
    WHEN,
    Place,
    Step,
    Talk,
    answer_of,
    asked,
    chosen,
    field_of,
    goto,
    groups,
    is_multi,
    missing,
    order_values,
    places,
    question_of,
    reason_of,
    reasons,
    takes_several,
    typed_name,
    write,
)
from leads.moments import written_moment


class Then(Enum):
    """What a key in a talk leads to besides the next place."""

    ANSWERED = auto()
    SAVE = auto()


_MUST_CHOOSE = frozenset({Step.RESULT, Step.GROUP, Step.REASON, Step.WHO, Step.SURE})
"""Where Enter does nothing as long as nothing is highlighted."""

Pressed = tuple[Talk, Then | None]

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


def press(talk: Talk, key: str, *, local: datetime | None) -> Pressed:
    """Return a talk after a key, and what has to be done about it.

    Keys that mean nothing here change nothing.
    """
    if talk.saving:
        return talk, None
    if key == "tab":
        return _along(_read(talk, local), +1), None
    if key in ("shift+tab", "escape"):
        return _along(talk, -1), None
    if talk.place.step in (Step.QUESTION, Step.ORDER) and key in ("backspace", "delete", "space"):
        return _altered(talk, key)
    options = panel(talk, local=local, then="").options
    mark = moved(talk.mark, key, len(options))
    if mark is not None:
        return replace(talk, mark=mark), None
    place = place_of(options, key)
    if place is not None:
        marked = replace(talk, mark=place)
        if talk.place.step is Step.RESULT:
            return marked, None  # its effect is read first; Enter confirms
        return _altered(marked, "space") if _is_several(talk) else _enter(marked, local)
    return _enter(talk, local) if key == "enter" else (talk, None)


def _along(talk: Talk, steps: int) -> Talk:
    """Return a talk so many places further along its row, not beyond its ends."""
    row = places(talk)
    if talk.place not in row:
        return goto(talk, RESULT)
    there = row.index(talk.place) + steps
    return goto(talk, row[there]) if 0 <= there < len(row) else talk


def _enter(talk: Talk, local: datetime | None) -> Pressed:
    """Take what is highlighted or typed at this place, and go on to the next."""
    place, read = talk.place, _read(talk, local)
    name = typed_name(read)
    if name is not None and name in read.faults:
        return read, None
    if read.mark < 0 and place.step in _MUST_CHOOSE:
        return read, None
    if place.step is Step.SURE and read.mark:
        return goto(replace(read, sure=False), RESULT), None
    wish = Then.ANSWERED if place.step is Step.QUESTION else None
    return _onward(_taken(read) if read.mark >= 0 else read, place, wish)


def _taken(talk: Talk) -> Talk:
    """Return a talk with what is highlighted chosen."""
    place, mark = talk.place, talk.mark
    match place.step:
        case Step.QUESTION:
            question = question_of(talk, place.key)
            if is_multi(question):
                return talk
            answers = {**talk.answers, question.key: (choices_of(question)[mark],)}
            return replace(talk, answers=answers, faults=_without(talk, question.key))
        case Step.RESULT:
            code = talk.person.dispositions[mark].code
            return talk if code == talk.chosen else replace(talk, sure=False, chosen=code)
        case Step.GROUP:
            return replace(talk, group=groups(talk)[mark])
        case Step.REASON:
            return replace(talk, reason=reasons(talk)[mark].code)
        case Step.WHO:
            return replace(talk, by=(None, *CALLBACK_BY)[mark])
        case Step.ORDER:
            field = field_of(talk, place.key)
            if takes_several(field):
                return talk
            return write(talk, f"order:{place.key}", field.choices[mark])
        case Step.SURE:
            return replace(talk, sure=True)
        case _:
            return talk


def _onward(talk: Talk, place: Place, wish: Then | None) -> Pressed:
    row = places(talk)
    after = row.index(place) + 1
    if after < len(row):
        return goto(talk, row[after]), wish
    if place == RESULT or place.step is not Step.QUESTION:
        lacking = missing(talk)
        if lacking is None:
            return replace(talk, saving=True), Then.SAVE
        return _lacks(goto(talk, lacking)), wish
    return talk, wish


def _lacks(talk: Talk) -> Talk:
    name = typed_name(talk)
    if name is None:
        return talk
    return replace(talk, faults={**talk.faults, name: "this is needed"})


def _read(talk: Talk, local: datetime | None) -> Talk:
    """Return a talk with the text of this place read, or with its fault."""
    name = typed_name(talk)
    if name is None:
        return talk
    text = talk.typed.get(name, "").strip()
    if name == WHEN and text:
        return write(talk, WHEN, when.written(text, local))
    fault = _fault(talk, text)
    return talk if fault is None else replace(talk, faults={**talk.faults, name: fault})


def _fault(talk: Talk, text: str) -> str | None:
    """Return what is wrong with what was typed here, as far as it shows at once."""
    match talk.place.step:
        case Step.QUESTION:
            kind = question_of(talk, talk.place.key).type
        case Step.DETAIL:
            reason = reason_of(talk)
            kind = reason.needs if reason else ""
        case _:
            kind = ""
    if not text:
        needed = talk.place.step is Step.DETAIL or (
            talk.place.step is Step.ORDER and field_of(talk, talk.place.key).required
        )
        return "this is needed" if needed else None
    if kind == QuestionType.DATE and not is_date(text):
        return "that is no date; write it like 2027-03-01"
    if kind == QuestionType.NUMBER and not _is_number(text):
        return "that is no number; write it like 3 or 2.5"
    return None


def is_date(text: str) -> bool:
    """Tell whether a text can be read as a day."""
    return written_moment(text, zone=UTC) is not None


def _is_number(text: str) -> bool:
    try:
        return float(text.replace(",", ".")) == float(text.replace(",", "."))  # no NaN
    except ValueError:
        return False


def _is_several(talk: Talk) -> bool:
    """Tell whether several of the options at this place may be chosen."""
    place = talk.place
    if place.step is Step.QUESTION:
        return is_multi(question_of(talk, place.key))
    return place.step is Step.ORDER and takes_several(field_of(talk, place.key))


def _altered(talk: Talk, key: str) -> Pressed:
    """Take away what was chosen at this place, or choose one of several, or not any more."""
    place = talk.place
    if typed_name(talk) is not None:
        return talk, None
    if place.step is Step.ORDER:
        field = field_of(talk, place.key)
        values, choices = order_values(talk, field), field.choices
    else:
        question = question_of(talk, place.key)
        values, choices = answer_of(talk, question), (*choices_of(question),)
    if key != "space":
        left: tuple[str, ...] = ()
    elif _is_several(talk) and talk.mark >= 0:
        other = {*values} ^ {choices[talk.mark]}
        left = tuple(one for one in choices if one in other)  # in the order of the choices
    else:
        return talk, None
    if place.step is Step.ORDER:
        return write(talk, f"order:{place.key}", f" {BETWEEN} ".join(left)), None
    answers = {name: given for name, given in talk.answers.items() if name != place.key}
    answers |= {place.key: left} if left else {}
    altered = replace(talk, answers=answers, faults=_without(talk, place.key))
    return altered, Then.ANSWERED


def _without(talk: Talk, question: str) -> dict[str, str]:
    """Return the faults of a talk without that of a question."""
    return {name: why for name, why in talk.faults.items() if name != f"answer:{question}"}


def _question(talk: Talk, question: Question) -> Panel:
    row = asked(talk)
    place = row.index(question) + 1 if question in row else 1
    needed = ", needed" if question.required else ""
    title = f"Question {place} of {len(row)}{needed}: {question.text}"
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
    form = talk.person.order
    field = field_of(talk, talk.place.key)
    number = form.index(field) + 1
    needed = ", needed" if field.required else ""
    title = f"Order {number} of {len(form)}{needed}: {field.label}"
    name, enter = f"order:{field.key}", _last(talk, then)
    if field.choices:
        marks = [choice in order_values(talk, field) for choice in field.choices]
        fault = f"Wrong: {talk.faults[name]}" if name in talk.faults else ""
        told = fault or field.text
        options = keyed(field.choices, marks)
        return Panel(title=title, options=options, mark=talk.mark, told=told, enter=enter)
    example = f"like {field.example}" if field.example else ""
    hint = _FIELD_HINTS.get(field.type) or example or field.type
    return Panel(title=title, told=field.text, field=_field(talk, name, hint), enter=enter)


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
