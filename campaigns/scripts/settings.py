"""The table `[script]` of a campaign file: which files, in which languages, what about; pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from campaigns.fields import Section, shown
from leads.languages import CODES

_THREE_LETTERS = re.compile(r"[a-z]{3}")
"""ISO 639-3 has some eight thousand of them: lists may hold any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptFiles:
    """What a campaign file says of its script.

    Attributes:
        file: the script for everybody who has no variant, or empty: only the opening is said.
        language: the language of `file` and `about`, ISO 639, or empty: not told.
        languages: language -> the file of its variant.
        about: what the calls are about, as the opening says it, or empty.
        about_in: language -> the same in it.
    """

    file: str = ""
    language: str = ""
    languages: Mapping[str, str] = field(default_factory=dict)
    about: str = ""
    about_in: Mapping[str, str] = field(default_factory=dict)


def read_script(file: Section) -> ScriptFiles | None:
    """Return the table of a campaign file, or None where there is none."""
    table = file.section("script")
    if not file.has("script"):
        return None
    name = table.text("file", required=not table.has("about"))
    language = table.text("language", required=False)
    if language and not is_language(language):
        table.refuse("language", _no_language(language))
    found = ScriptFiles(
        file=name,
        language=language,
        languages=_by_language(table, "languages"),
        about=table.text("about", required=False),
        about_in=_by_language(table, "about_in"),
    )
    if found.languages and not name and not table.has("file"):
        table.refuse("file", "is missing; the others are variants of it")
    if found.about_in and not table.has("about"):
        table.refuse("about", "is missing; the others say the same in another language")
    return found


def _by_language(table: Section, key: str) -> dict[str, str]:
    inner = table.section(key)
    found = {}
    for language in inner.names():
        text = inner.text(language)
        if not is_language(language):
            inner.refuse(language, _no_language(language))
        found[language] = text
    return found


def is_language(word: str) -> bool:
    """Tell whether a word is the code of a language."""
    return word in CODES or _THREE_LETTERS.fullmatch(word) is not None


def _no_language(word: str) -> str:
    return f'must be the code of a language, like "nb", not {shown(word)}'


def written(script: ScriptFiles | None) -> dict[str, str]:
    """Return each key of the table that says something, as the campaign file writes it."""
    if script is None:
        return {}
    plain = {
        "script.file": script.file,
        "script.language": script.language,
        **{f"script.languages.{one}": name for one, name in script.languages.items()},
        "script.about": script.about,
        **{f"script.about_in.{one}": text for one, text in script.about_in.items()},
    }
    return {key: json.dumps(text, ensure_ascii=False) for key, text in plain.items() if text}
