"""The person on the screen: the document of the desk read into values; pure.

What a part of the document does not hold is empty here, so that every reader may rely on
every field. Text is cleaned of what would move the cursor: lead files hold what people paste.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from campaigns.model import DispositionKind, Needs, QuestionType
from campaigns.orders.documents import form_of_document
from campaigns.orders.model import OrderForm
from leads.names import printable, printable_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A reason for a refusal, as it is offered."""

    code: str
    label: str
    group: str
    needs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A disposition as it is offered.

    Attributes:
        definition: when it is the right one.
        effect: what follows from it, in words.
        twice: the agent is asked a second time.
        form: `order`, or empty.
    """

    code: str
    kind: str
    label: str
    definition: str = ""
    effect: str = ""
    twice: bool = False
    form: str = ""
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question as it is asked of this person.

    Attributes:
        asked: by the answers so far it is asked.
    """

    key: str
    text: str
    type: str
    choices: tuple[str, ...] = ()
    low: int = 1
    high: int = 5
    required: bool = False
    asked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderField:
    """A field of the order form.

    Attributes:
        text: what the customer is told, where the field confirms that they were.
        when: the condition under which it has to be filled in, in words, or empty.
        example: how its value is written.
    """

    key: str
    label: str
    type: str
    choices: tuple[str, ...] = ()
    text: str = ""
    when: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who is on the screen, and what there is to say, to ask and to choose.

    Attributes:
        phone: what the agent may see of the number.
        local_time: the person's wall clock when the document was made, or None.
        seen_at: that moment, aware.
        history: earlier calls, the newest first, as the document has them.
        form: the same fields as they are judged, or None where there are none.
        returned: the person called us.
        role: who this person is, where they are made up for practice.
        draft: what was typed for this person before and given to nobody.
    """

    lease: str
    campaign: str
    name: str
    phone: str
    seen_at: datetime
    expires_at: datetime | None = None
    lead_id: object = None
    external_id: str = ""
    language: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    local_time: datetime | None = None
    script: str = ""
    opening: str = ""
    drawer: tuple[tuple[str, str], ...] = ()
    questions: tuple[Question, ...] = ()
    dispositions: tuple[Offered, ...] = ()
    history: tuple[Mapping[str, Any], ...] = ()
    tasks: tuple[Mapping[str, Any], ...] = ()
    order: tuple[OrderField, ...] = ()
    form: OrderForm | None = None
    mode: str = "manual"
    live: bool = False
    practice: bool = False
    returned: bool = False
    role: str = ""
    draft: Mapping[str, Any] = field(default_factory=dict)


def read_person(document: Mapping[str, Any], *, now: datetime) -> Person:
    """Return the person that a document of the desk is about.

    Args:
        document: as `Desk.next` returns it, with a lease.
        now: aware, when it was made.
    """
    lead = document["lead"]
    local = document.get("local_time")
    person = Person(
        lease=document["lease"],
        campaign=document["campaign"],
        name=one_line(lead["name"]) or "(no name)",
        phone=document["phone"] or document["phone_masked"] or "",
        seen_at=now,
        expires_at=document.get("expires_at"),
        lead_id=lead["id"],
        external_id=one_line(lead["external_id"]),
        language=one_line(lead.get("language")),
        attributes=tuple(
            (one_line(key), one_line(value))
            for key, value in lead["attributes"].items()
            if one_line(value)
        ),
        local_time=datetime.fromisoformat(local) if local else None,
        history=tuple(document["history"]),
        tasks=tuple(document.get("tasks") or ()),
        dispositions=tuple(_offered(one) for one in document["dispositions"]),
        order=tuple(_order_field(one) for one in (document.get("order") or {}).get("fields", ())),
        form=form_of_document(document.get("order")),
        mode=document.get("mode") or "manual",
        live=bool(document.get("live")),
        practice=bool(document.get("practice")),
        returned=bool(document.get("returned")),
        role=_role(document.get("character") or {}),
        draft={key: _clean(value) for key, value in (document.get("draft") or {}).items()},
    )
    return rendered(person, document)


def _clean(typed: Any) -> Any:
    """Return what was typed, by a command perhaps, as a screen may show it."""
    if isinstance(typed, str):
        return printable(typed)
    return [_clean(one) for one in typed] if isinstance(typed, list | tuple) else typed


def rendered(person: Person, shown: Mapping[str, Any]) -> Person:
    """Return a person with script, questions and drawer as they are after an answer.

    Args:
        person: as they were.
        shown: a document, or the part of it that changed.
    """
    changed: dict[str, Any] = {}
    if "script" in shown:
        changed["script"] = paragraphs(shown["script"])
    if "opening" in shown:
        changed["opening"] = paragraphs(shown["opening"])
    if "questions" in shown:
        changed["questions"] = tuple(_question(one) for one in shown["questions"])
    if "drawer" in shown:
        changed["drawer"] = tuple(
            (one_line(one["title"]), paragraphs(one["text"])) for one in shown["drawer"] or ()
        )
    return replace(person, **changed)


def one_line(value: object) -> str:
    """Return a value as one line that cannot move the cursor; None is empty."""
    return "" if value is None else " ".join(printable(str(value)).split())


def paragraphs(value: object) -> str:
    """Return a text with its lines kept, each of them clean."""
    return "" if value is None else printable_lines(str(value))


def _question(one: Mapping[str, Any]) -> Question:
    return Question(
        key=one["key"],
        text=one_line(one["text"]),
        type=str(one["type"]),
        choices=tuple(one.get("choices") or ()),
        low=_whole(one.get("low"), 1),
        high=_whole(one.get("high"), 5),
        required=bool(one.get("required")),
        asked=bool(one.get("asked", True)),
    )


def _offered(one: Mapping[str, Any]) -> Offered:
    return Offered(
        code=one["code"],
        kind=str(one["kind"]),
        label=one_line(one["label"]),
        definition=one_line(one.get("definition")),
        effect=one_line(one.get("effect")),
        twice=bool(one.get("twice")) or one["kind"] == DispositionKind.DECEASED,
        form=one.get("form") or "",
        reasons=tuple(_reason(reason) for reason in one.get("reasons") or ()),
    )


def _reason(one: Mapping[str, Any]) -> Reason:
    return Reason(
        code=one["code"],
        label=one_line(one["label"]),
        group=one_line(one["group"]),
        needs=str(one.get("needs") or Needs.NOTHING),
    )


def _order_field(one: Mapping[str, Any]) -> OrderField:
    return OrderField(
        key=one["key"],
        label=one_line(one.get("label") or one["key"]),
        type=str(one["type"]),
        choices=_YES_NO.get(str(one["type"])) or tuple(one.get("choices") or ()),
        text=one_line(one.get("text")),
        when=f"needed if {needed}" if (needed := one_line(one.get("required_if"))) else "",
        example=one_line(one.get("example")),
    )


def _role(character: Mapping[str, Any]) -> str:
    says = " ".join(f'"{one_line(line)}"' for line in character.get("says") or ())
    return " ".join(filter(None, (one_line(character.get("how")), says and f"Says: {says}")))


_YES_NO = {"flag": ("yes", "no"), "told": ("yes",)}
"""Types of order fields that are chosen, and need no choices in a campaign file."""


def _whole(value: object, default: int) -> int:
    return value if isinstance(value, int) else default


def choices_of(question: Question) -> Sequence[str]:
    """Return what may be chosen for an answer; nothing where it is typed."""
    if question.type == QuestionType.SCALE:
        return [str(value) for value in range(question.low, question.high + 1)]
    if question.type in (QuestionType.CHOICE, QuestionType.MULTI):
        return question.choices
    return ()
