"""A desk that a test plays, and an agent who sits at it and presses keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from campaigns.result_words import Words
from dialer.screen import errands, keys
from dialer.screen.draw import draw
from dialer.screen.seat import Do, Rest, Seat, Wish

NOW = datetime(2026, 12, 1, 11, 0, tzinfo=UTC)

DISPOSITIONS = [
    {"code": "sale", "kind": "success", "label": "Sale", "definition": "They buy.",
     "effect": "Final.", "twice": False, "form": "order"},
    {"code": "refusal", "kind": "refusal", "label": "Refusal", "effect": "Final here.",
     "reasons": [
         {"code": "price", "label": "Too dear", "group": "price", "needs": ""},
         {"code": "bound", "label": "Bound until a day", "group": "contract", "needs": "date"},
         {"code": "words", "label": "In their words", "group": "contract", "needs": "text"},
     ]},
    {"code": "callback", "kind": "callback", "label": "Callback", "effect": "Called then."},
    {"code": "no_contact", "kind": "no_contact", "label": "No contact", "effect": "Tried again."},
    {"code": "deceased", "kind": "deceased", "label": "Deceased", "effect": "Never again.",
     "twice": True},
    {"code": "language", "kind": "language", "label": "Language", "effect": "Back for others."},
    {"code": "hostile", "kind": "hostile", "label": "Hostile", "effect": "Never again."},
]  # fmt: skip

QUESTIONS = [
    {"key": "provider", "text": "Who is your provider?", "type": "choice",
     "choices": ["Telia", "other"]},
    {"key": "which", "text": "Which one?", "type": "text", "asked": False},
    {"key": "wants", "text": "What do you want?", "type": "multi",
     "choices": ["speed", "price", "peace"]},
    {"key": "support", "text": "How content?", "type": "scale", "low": 1, "high": 5},
    {"key": "months", "text": "Bound for how long?", "type": "number", "required": True},
    {"key": "until", "text": "Until which day?", "type": "date"},
]  # fmt: skip

ORDER = [
    {"key": "full_name", "label": "Full name", "type": "text", "required": True},
    {"key": "service", "label": "Service", "type": "choice", "required": True,
     "choices": ["fibre-100", "fibre-500"]},
    {"key": "install_date", "label": "Day of the technician", "type": "date"},
    {"key": "told_price", "label": "Told the price", "type": "told",
     "text": "It costs 499 a month."},
]  # fmt: skip


def document(name: str = "Åse Lunde", **changed: Any) -> dict[str, Any]:
    """Return the document of a person, changed as a test wants it."""
    return {
        "lease": f"lease-{name}",
        "expires_at": NOW + timedelta(minutes=30),
        "campaign": "tariff-switch",
        "lead": {
            "id": 1, "external_id": "17", "name": name, "attributes": {"city": "Oslo"},
            "language": "nb",
        },
        "phone": "+4722448201",
        "phone_masked": "+4722****01",
        "local_time": "2026-12-01T12:00",
        "script": "# Good evening\n\nWe call about your *subscription*.",
        "questions": QUESTIONS,
        "dispositions": DISPOSITIONS,
        "history": [],
        "mode": "manual",
        "live": False,
        "practice": False,
        "script_version": None,
        "opening": "My name is anna, and I call for Example AS.",
        "drawer": [{"title": "Is it dear?", "text": "No."}, {"title": "Who are you?", "text": "Us."}],
        "order": {"fields": ORDER},
        "draft": None,
        "tasks": [],
        **changed,
    }  # fmt: skip


@dataclass
class FakeDesk:
    """A desk with people in a row; what it is asked for is written down.

    Attributes:
        refusals: method -> the error that its next call raises.
        brings: the question and the answer to it with which the question "which" comes up.
    """

    people: list[dict[str, Any]]
    why: list[dict[str, Any]] = field(default_factory=list)
    mode: str = "manual"
    state: str = "out"
    brings: tuple[str, str] = ("provider", "other")
    refusals: dict[str, Exception] = field(default_factory=dict)
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    given: list[dict[str, Any]] = field(default_factory=list)

    def _note(self, what: str, *words: Any) -> None:
        self.asked.append((what, *words))
        if what in self.refusals:
            raise self.refusals.pop(what)

    def next(self, campaign: str, agent: str) -> Mapping[str, Any]:
        self._note("next", campaign, agent)
        if not self.people:
            return {"lease": None, "why": self.why}
        return self.people[0]

    def standing(self, campaign: str, agent: str) -> Mapping[str, Any]:
        return {
            "mode": self.mode, "state": self.state, "pause": None, "since": NOW, "engine": True
        }  # fmt: skip

    def give(self, lease: str, words: Words) -> Mapping[str, Any]:
        self._note("give", lease, words)
        self.given.append(self.people.pop(0))
        return {"lease": lease, "disposition": words.disposition}

    def keep(self, lease: str, words: Words) -> None:
        self._note("keep", lease, words)

    def script(self, lease: str, answers: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
        self._note("script", lease, dict(answers))
        key, answer = self.brings
        other = answer in answers.get(key, ())
        questions = [
            {**question, "asked": other} if question["key"] == "which" else question
            for question in self.people[0]["questions"]
        ]
        return {"script": f"After {dict(answers)}", "questions": questions}

    def release(self, lease: str) -> None:
        self._note("release", lease)

    def skip(self, lease: str, reason: str) -> None:
        self._note("skip", lease, reason)
        self.people.pop(0)

    def dial(self, lease: str) -> None:
        self._note("dial", lease)
        self.people[0] = {**self.people[0], "live": True}

    def undo(self, lease: str) -> None:
        self._note("undo", lease)
        self.people.insert(0, self.given.pop())

    def help(self, lease: str) -> None:
        self._note("help", lease)

    def rest(self, agent: str, reason: str | None) -> None:
        self._note("rest", agent, reason)

    def login(self, agent: str) -> None:
        self._note("login", agent)
        self.state = "paused"

    def ready(self, agent: str) -> None:
        self._note("ready", agent)
        self.state = "ready"

    def pause(self, agent: str, reason: str) -> None:
        self._note("pause", agent, reason)
        self.state = "paused"

    def logout(self, agent: str) -> None:
        self._note("logout", agent)
        self.state = "out"

    def silence(self, lease: str, *, silent: bool) -> None:
        self._note("silence", lease, silent)


class Agent:
    """Somebody at the screen: every key is followed by what the desk does because of it."""

    def __init__(self, desk: FakeDesk, *, now: datetime = NOW) -> None:
        self.desk, self.now = desk, now
        self.left = False
        self.seat = Seat(
            campaign="tariff-switch", agent="anna", since=now,
            pauses=(("break", "Break"), ("lunch", "Lunch")),
            skips=(("know_person", "I know them"), ("other", "Another reason")),
        )  # fmt: skip
        self.do(Wish(Do.NEXT))

    def press(self, *names: str) -> "Agent":
        """Press keys; a text of several signs that names no key is typed."""
        for name in names:
            shown = keys.panel(self.seat, now=self.now)
            if shown.field is not None and name not in NAMED:
                text = shown.field.text + name
                self.seat = keys.write_field(self.seat, shown.field.name, text)
                continue
            self.seat, wish = keys.press(self.seat, name, now=self.now)
            if wish is not None:
                self.do(wish)
        return self

    def do(self, wish: Wish) -> None:
        done = errands.run(self.desk, self.seat, wish)
        self.seat = done.after(self.seat, self.now)
        self.left = self.left or done.leave

    @property
    def talk(self) -> Any:
        return self.seat.talk

    @property
    def title(self) -> str:
        return keys.panel(self.seat, now=self.now).title

    @property
    def rests(self) -> Rest | None:
        return None if self.seat.talk is not None else self.seat.rest

    def sees(self, width: int = 80, height: int = 24) -> str:
        drawn = draw(self.seat, now=self.now, width=width, height=height)
        parts = (drawn.top, drawn.person, drawn.above, drawn.below, drawn.said, drawn.foot)
        return "\n".join(part.plain for part in parts)

    def words(self) -> Words:
        """Return what was given last."""
        return next(asked[2] for asked in reversed(self.desk.asked) if asked[0] == "give")

    def wait(self, **passed: float) -> "Agent":
        self.now += timedelta(**passed)
        return self


NAMED = {
    "enter", "tab", "shift+tab", "escape", "up", "down", "home", "end", "space", "backspace",
    *(function.key for function in keys.FUNCTIONS), "ctrl+q",
}  # fmt: skip
