"""Which voice speaks a language, by the table `[speech]` of the configuration; pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from campaigns.fields import Section, shown
from campaigns.scripts.settings import is_language

BUILT_IN = "espeak-ng"
"""The program that speaks where the configuration names none."""

_OTHER_NAMES: Mapping[str, str] = {"no": "nb", "nn": "nb", "zh": "cmn"}
_SAME_NAMES = frozenset(
    [
        "af",
        "am",
        "an",
        "ar",
        "as",
        "az",
        "ba",
        "be",
        "bg",
        "bn",
        "bs",
        "ca",
        "cs",
        "cv",
        "cy",
        "da",
        "de",
        "el",
        "en",
        "eo",
        "es",
        "et",
        "eu",
        "fa",
        "fi",
        "fo",
        "fr",
        "ga",
        "gd",
        "gn",
        "gu",
        "ha",
        "he",
        "hi",
        "hr",
        "ht",
        "hu",
        "hy",
        "ia",
        "id",
        "io",
        "is",
        "it",
        "ja",
        "ka",
        "kk",
        "kl",
        "kn",
        "ko",
        "ku",
        "ky",
        "la",
        "lb",
        "lt",
        "lv",
        "mi",
        "mk",
        "ml",
        "mr",
        "ms",
        "mt",
        "my",
        "nb",
        "ne",
        "nl",
        "om",
        "or",
        "pa",
        "pl",
        "pt",
        "qu",
        "ro",
        "ru",
        "sd",
        "si",
        "sk",
        "sl",
        "sq",
        "sr",
        "sv",
        "sw",
        "ta",
        "te",
        "th",
        "ti",
        "tk",
        "tn",
        "tr",
        "tt",
        "ug",
        "uk",
        "ur",
        "uz",
        "vi",
    ]
)
"""Voices of espeak-ng that are named as their languages in ISO 639-1 are."""

_OUTSIDE = ("voice", "file", "language")
_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """How texts are spoken.

    Attributes:
        command: the program and its arguments; empty: the built-in voice. `{voice}`,
            `{language}` and `{file}`, the WAV to be written, are put in; without `{file}` the
            WAV is read from the program's output.
        voices: language -> what is put in for `{voice}`, or the built-in voice's name.
        timeout_s: how long one text may take.
    """

    command: tuple[str, ...] = ()
    voices: Mapping[str, str] = field(default_factory=dict)
    timeout_s: int = _TIMEOUT_S

    def voice(self, language: str) -> str | None:
        """Return the voice that speaks a language, or None where there is none."""
        named = self.voices.get(language) or self.voices.get(_OTHER_NAMES.get(language, ""))
        if named is not None or self.command:
            # A program that is told no voice has one for everything, as its author meant it.
            return named if named or self._asks_for_voice else ""
        if language in _SAME_NAMES:
            return language
        return _OTHER_NAMES.get(language)

    @property
    def _asks_for_voice(self) -> bool:
        return any("{voice}" in word for word in self.command)

    def file_name(self, text: str, language: str, voice: str) -> str:
        """Return the name, without its ending, under which a spoken text is kept."""
        canonical = json.dumps([text, language, voice, *self.command], ensure_ascii=False)
        return f"{language}-{hashlib.sha256(canonical.encode()).hexdigest()[:24]}"

    def argv(self, program: Sequence[str], *, voice: str, language: str, file: str) -> list[str]:
        """Return the command that reads a text from its input and speaks it.

        Args:
            program: how the built-in voice is run on this machine.
            voice: as `voice` returns it.
            language: of the text.
            file: the WAV that a program of the operator's own writes.
        """
        if not self.command:
            # Text is UTF-8 (-b 1), a little slower than usual (-s), and the WAV its output.
            return [*program, "-v", voice, "-b", "1", "-s", "165", "--stdin", "--stdout"]
        given = {"{voice}": voice, "{language}": language, "{file}": file}
        return [_put_in(word, given) for word in self.command]


def read_speech(section: Section) -> Speech:
    """Return the table `[speech]`."""
    command = section.texts("command", required=False)
    for word in command:
        for place in _places(word):
            if place not in _OUTSIDE:
                known = ", ".join(f"{{{one}}}" for one in _OUTSIDE)
                section.refuse("command", f"knows {known}, and not {{{place}}}")
    table = section.section("voices")
    voices = {}
    for language in table.names():
        voices[language] = table.text(language)
        if not is_language(language):
            table.refuse(
                language, f'must be the code of a language, like "nb", not {shown(language)}'
            )
    return Speech(
        command=command,
        voices=voices,
        timeout_s=section.whole("timeout_s", 1, 600, default=_TIMEOUT_S),
    )


def _places(word: str) -> list[str]:
    """Return what stands in braces in an argument."""
    return [part.partition("}")[0] for part in word.split("{")[1:] if "}" in part]


def _put_in(word: str, given: Mapping[str, str]) -> str:
    for place, value in given.items():
        word = word.replace(place, value)
    return word
