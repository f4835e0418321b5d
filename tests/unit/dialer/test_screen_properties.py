"""Whatever keys are pressed in whatever order: no word is lost, no result lacks a part."""

from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from campaigns.result_words import Words
from dialer.screen import keys
from dialer.screen.draw import draw
from dialer.screen.keys import Hint, hints
from dialer.screen.layout import fit, footer, spread, wrapped
from dialer.screen.panel import KEYS
from leads.errors import NotAllowedError
from tests.unit.dialer.desks import DISPOSITIONS, NAMED, ORDER, Agent, FakeDesk, document

FUNCTION_KEYS = [function.key for function in keys.FUNCTIONS if function.key != "ctrl+c"]
PRESSED = st.one_of(
    st.sampled_from(["enter", "enter", "tab", "shift+tab", "escape", "up", "down", "space"]),
    st.sampled_from(["backspace", "y", "n", *KEYS[:6]]),
    st.sampled_from(FUNCTION_KEYS),
)
TYPED = st.sampled_from(["x", "18:30", "2027-03-01", "12", "ærlig talt", "王", "=1+1"])
STEPS = st.lists(st.one_of(PRESSED, TYPED.map(lambda text: f"type {text}")), max_size=40)
KINDS = {one["code"]: one for one in DISPOSITIONS}
NEEDED = [field["key"] for field in ORDER if field.get("required")]


def type_into(agent: Agent, text: str) -> tuple[str, str] | None:
    """Type into the field that is there; return its name and its text, or None."""
    field = keys.panel(agent.seat, now=agent.now).field
    if field is None or agent.talk is None:
        return None
    agent.seat = keys.write_field(agent.seat, field.name, field.text + text)
    return field.name, field.text + text


def complete(words: Words) -> bool:
    """Tell whether a result has all the parts that its disposition needs."""
    kind = KINDS[words.disposition]["kind"]
    if kind == "refusal":
        reasons = {one["code"]: one for one in KINDS["refusal"]["reasons"]}
        return words.reason in reasons and (
            not reasons[words.reason]["needs"] or bool(words.detail)
        )
    if kind == "callback":
        return bool(words.callback)
    if kind == "success":
        return {*NEEDED} <= {word.partition("=")[0] for word in words.order}
    return kind != "deceased" or words.sure


@given(STEPS)
@settings(max_examples=150, deadline=None)
def test_no_sequence_of_keys_gives_a_result_that_lacks_a_part(steps: list[str]) -> None:
    agent = Agent(FakeDesk([document(name) for name in ("Åse", "Per", "Ola")]))
    for step in steps:
        if step.startswith("type "):
            type_into(agent, step.removeprefix("type "))
        else:
            agent.press(step)
    given_words = [asked[2] for asked in agent.desk.asked if asked[0] == "give"]
    assert all(map(complete, given_words)), given_words


@given(STEPS)
@settings(max_examples=150, deadline=None)
def test_no_sequence_of_keys_loses_what_was_typed_of_a_person(steps: list[str]) -> None:
    desk = FakeDesk([document()])
    agent = Agent(desk)
    written: dict[str, str] = {}
    for step in steps:
        desk.refusals = {"give": NotAllowedError("not now")}  # nobody ever leaves the screen
        field = keys.panel(agent.seat, now=agent.now).field
        if step.startswith("type ") or (field is not None and step not in NAMED):
            typed = type_into(agent, step.removeprefix("type "))
            if typed is not None and typed[0] != "search":
                written[typed[0]] = typed[1]
        else:
            agent.press(step)
        if agent.talk is None:  # let go of, after a question
            return
        for name, text in written.items():
            kept = agent.talk.typed[name]
            # A time that was understood is written out; a choice is no text.
            assert kept == text or (name == "when" and kept.startswith("202")), (name, text, kept)
            written[name] = kept
    agent.do(keys.Wish(keys.Do.KEEP))
    drafts = [asked[2] for asked in desk.asked if asked[0] == "keep"]
    note = written.get("note", "").strip()
    assert not note or drafts[-1].note == note


@given(STEPS, st.integers(40, 160), st.integers(18, 50))
@settings(max_examples=100, deadline=None)
def test_no_line_is_wider_than_the_terminal_and_no_hint_is_torn(
    steps: list[str], width: int, height: int
) -> None:
    agent = Agent(FakeDesk([document("王小明 " * 9), document("אברהם כהן")], mode="manual"))
    for step in steps:
        if step.startswith("type "):
            type_into(agent, step.removeprefix("type "))
        else:
            agent.press(step)
    drawn = draw(agent.seat, now=agent.now, width=width, height=height)
    for part in (drawn.top, drawn.person, drawn.above, drawn.below, drawn.said, drawn.foot):
        assert all(cell_len(line) <= width for line in part.plain.split("\n"))
    foot = drawn.foot.plain.replace("\n", "  ")
    assert foot == "  ".join(str(hint) for hint in hints(agent.seat, now=agent.now))
    used = [drawn.top, drawn.person, drawn.above, drawn.below, drawn.foot]
    rows = sum(part.plain.count("\n") + 1 for part in used if part.plain)
    if (width, height) >= (80, 24):
        assert rows + 1 + 5 <= height, "the script keeps three lines, and its rules two"


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "))


@given(WORDS, st.integers(3, 100), st.integers(1, 5))
@example("\U0001f3fb", 3, 1)
def test_wrapped_lines_fit_and_lose_nothing_but_what_the_dots_say(
    text: str, width: int, at_most: int
) -> None:
    lines = wrapped(text, width, at_most)
    assert len(lines) <= at_most
    assert all(cell_len(line) <= width for line in lines)
    if len(lines) < at_most:
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(WORDS, WORDS, WORDS, st.integers(20, 100))
def test_one_line_of_three_parts_fits(left: str, middle: str, right: str, width: int) -> None:
    assert cell_len(spread(left, middle, right, width)) <= width
    assert cell_len(fit(left, width)) <= width


def test_a_footer_breaks_between_hints_only() -> None:
    shown = [Hint("F1", "answers"), Hint("F2", "result"), Hint("Ctrl-C", "leave")]
    assert footer(shown, 23) == ["F1 answers  F2 result", "Ctrl-C leave"]
    assert footer(shown, 21) == ["F1 answers  F2 result", "Ctrl-C leave"]
    assert footer(shown, 20) == ["F1 answers", "F2 result", "Ctrl-C leave"]
