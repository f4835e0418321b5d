"""Log lines for programs: one JSON object each, and nobody's number in any of them."""

import json
import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

from leads.model import masked

_NUMBER = re.compile(r"\+[0-9]{7,}|(?<![0-9A-Za-z_.])[0-9]{8,}(?![0-9A-Za-z_]|\.[0-9])")
"""A telephone number inside a sentence: E.164, or digits alone as a channel's name may hold them;
not those of a moment such as 1764321234.56, nor of a name with letters."""

_AS_IT_STANDS = frozenset({"campaign"})
"""A manager's word, by which a line is found again; a day in it, 20261128, is no number."""

_SHOWN = 2
_USUAL_EVENT = "note"


class JsonLines(logging.Formatter):
    """Writes a record as one line: time, level, event, its facts, and its sentence.

    Whoever logs gives `extra={"event": "call_ended", "facts": {"campaign": ...}}`.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        event = getattr(record, "event", _USUAL_EVENT)
        facts: Mapping[str, Any] = getattr(record, "facts", {})
        sentence = record.getMessage()
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "event": event,
            **{key: value for key, value in facts.items() if value is not None},
        }
        if sentence != event:
            line["message"] = sentence
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        # ASCII alone: what a list or a server holds must not reach a terminal as a command to it.
        told = {key: line[key] if key in _AS_IT_STANDS else hidden(line[key]) for key in line}
        return json.dumps(told, default=str)


def hidden(value: object) -> object:
    """Return a value in which no telephone number can be read, if it is a text."""
    return _NUMBER.sub(_hide, value) if isinstance(value, str) else value


def _hide(found: "re.Match[str]") -> str:
    number = found[0]
    if number.startswith("+"):
        return masked(number)
    return "*" * (len(number) - _SHOWN) + number[-_SHOWN:]


def write_json_lines(stream: TextIO | None = None) -> None:
    """Write what Ringbank does as JSON lines, on stderr unless told otherwise."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("dialer").setLevel(logging.INFO)
