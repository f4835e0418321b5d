"""What an agent may ask and choose, as lines of a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from textwrap import fill
from typing import Any

WIDTH = 78


def question_lines(questions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Give the questions that are asked now, then under which condition others are."""
    for question in questions:
        if not question["asked"] and not question["asked_if"]:
            continue
        must = ", required" if question["required"] else ""
        only = f", if {question['asked_if'].strip()}" if question["asked_if"] else ""
        yield f"\n{question['text']}"
        how = f"--answer {question['key']}=...{_takes(question)}{must}{only}"
        yield fill(how, WIDTH, initial_indent="  ", subsequent_indent="    ")


def _takes(question: Mapping[str, Any]) -> str:
    if question["choices"]:
        repeat = "; repeat it" if question["type"] == "multi" else ""
        return f" ({', '.join(question['choices'])}{repeat})"
    return {
        "scale": f" ({question['low']} to {question['high']})",
        "date": " (a date like 2026-12-01)",
        "number": " (a number)",
    }.get(question["type"], "")


def disposition_lines(dispositions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Give the words to choose from, each with when it is right and what it leads to."""
    for one in dispositions:
        form = f" Form: {one['form']}." if one["form"] else ""
        told = f"{one['code']}: {one['definition']}{form}"
        yield fill(told, WIDTH, initial_indent="  ", subsequent_indent="      ")
        yield fill(one["effect"], WIDTH, initial_indent="      -> ", subsequent_indent="         ")


def reason_lines(dispositions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Give the reasons for a refusal by their groups, once, with what they need."""
    groups: dict[str, list[str]] = {}
    for reason in next((one["reasons"] for one in dispositions if "reasons" in one), []):
        needs = f" ({reason['needs']})" if reason["needs"] else ""
        groups.setdefault(reason["group"], []).append(f"{reason['code']}{needs}")
    if groups:
        yield "\nRefused: --reason CODE, and where it needs something --detail"
    for group, codes in groups.items():
        told = ", ".join(codes)
        yield fill(told, WIDTH, initial_indent=f"  {group}: ", subsequent_indent="    ")


def draft_lines(draft: Mapping[str, Any] | None) -> Iterator[str]:
    """Give what was typed before and not taken."""
    if not draft:
        return
    yield "\nTyped before, and not taken:"
    for name, value in draft.items():
        for one in value if isinstance(value, list) else [value]:
            yield fill(f"{name}: {one}", WIDTH, initial_indent="  ", subsequent_indent="    ")
