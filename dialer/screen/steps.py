"""The steps of a talk: what a key does at each of them; pure."""

from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum, auto

from campaigns.model import QuestionType
from dialer.screen import when
from dialer.screen.panel import moved, place_of
from dialer.screen.person import choices_of
from dialer.screen.shown import panel
from dialer.screen.talk import (
    BETWEEN,
    CALLBACK_BY,
    RESULT,
    WHEN,
    Place,
    Step,
    Talk,
    answer_of,
    field_of,
    goto,
    groups,
    is_multi,
    missing,
    order_so_far,
    order_values,
    places,
    question_of,
    reason_of,
    reasons,
    takes_several,
    typed_name,
    write,
)
from dialer.screen.telling import plain_words
from leads.moments import written_moment


class Then(Enum):
    """What a key in a talk leads to besides the next place."""

    ANSWERED = auto()
    SAVE = auto()


_MUST_CHOOSE = frozenset({Step.RESULT, Step.GROUP, Step.REASON, Step.WHO, Step.SURE})
"""Where Enter does nothing as long as nothing is highlighted."""


Pressed = tuple[Talk, Then | None]


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
    is_order = talk.place.step is Step.ORDER
    form = order_so_far(talk) if is_order else None
    if not text:
        needed = talk.place.step is Step.DETAIL
        needed = needed or (form is not None and talk.place.key in form.required)
        return "this is needed" if needed else None
    if form is not None and talk.place.key in form.faults:
        return plain_words(form.faults[talk.place.key])
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
