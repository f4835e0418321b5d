"""The texts of a script as one thing with a version, and which of them is for whom; pure."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from campaigns.scripts.settings import ScriptFiles

BASE = ""
"""The language under which stands what is for everybody who has no variant."""

_SAME: Mapping[str, tuple[str, ...]] = {
    "no": ("nb", "nn"),
    "nb": ("no", "nn"),
    "nn": ("no", "nb"),
}
"""What stands in for a language that has no text of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptTexts:
    """A script, word for word.

    Attributes:
        texts: language -> text; `BASE` is the one without a language. Empty: only the opening
            is said.
        about: language -> what the calls are about; `BASE` likewise.
        language: that of the texts under `BASE`, or empty.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)
    language: str = ""

    @property
    def version(self) -> str:
        """The name of exactly these texts: 12 hex digits, the same on every machine."""
        canonical = json.dumps(
            self.document(), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]

    def document(self) -> dict[str, object]:
        """Return the same as plain values."""
        return {"texts": {**self.texts}, "about": {**self.about}, "language": self.language}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "ScriptTexts":
        """Return what `document` wrote."""
        return cls(texts=document["texts"], about=document["about"], language=document["language"])

    def text(self, language: str | None) -> str | None:
        """Return the text for a person of a language, or None where nothing is to be read out."""
        return self.texts.get(chosen(language, self.texts))

    def what_about(self, language: str | None) -> str:
        """Return what the calls are about, in a language where that is there, or empty."""
        return self.about.get(chosen(language, self.about), "")


def texts_of(files: ScriptFiles, read: Callable[[str], str]) -> ScriptTexts:
    """Return the script of a campaign file.

    Args:
        files: what the campaign file says of it.
        read: returns the text of a file by its name.
    """
    named = {BASE: files.file, **files.languages} if files.file else {}
    return ScriptTexts(
        texts={language: read(name) for language, name in named.items()},
        about={BASE: files.about, **files.about_in} if files.about else {},
        language=files.language,
    )


def chosen(language: str | None, there: Iterable[str]) -> str:
    """Return which of the languages that are there is for a person, or `BASE`.

    Args:
        language: the person's, as their list wrote it ("nb", "nb-NO"), or None.
        there: in which languages there is something.
    """
    if not language:
        return BASE
    known = {*there}
    spoken = language.lower().replace("_", "-").split("-", 1)[0]
    return next((one for one in (spoken, *_SAME.get(spoken, ())) if one in known), BASE)
