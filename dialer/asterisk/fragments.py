"""Writes the configuration fragments that a user's own Asterisk includes.

The texts are the template files beside this module; the manager user's name and password
are all that differs from one Asterisk to another. Used by `ringbank asterisk config` and
by the lab.
"""

import re
import secrets
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from leads.errors import RingbankError, UsageError

FRAGMENTS = (
    "ringbank_extensions.conf",
    "ringbank_manager.conf",
    "ringbank_confbridge.conf",
)
"""The files that are written; each goes into the Asterisk file of its name without "ringbank_"."""

_MANAGER = "ringbank_manager.conf"
_WORD = re.compile(r"[A-Za-z0-9_.-]+")


class FragmentError(RingbankError):
    """A fragment could not be written."""


def render(*, username: str, secret: str) -> Mapping[str, str]:
    """Return the text of every fragment by file name.

    Raises:
        UsageError: name or password hold something that Asterisk would read differently.
    """
    for what, value in (("user name", username), ("secret", secret)):
        if not _WORD.fullmatch(value):
            raise UsageError(
                f"the manager's {what} must consist of letters, digits, dot, dash and "
                "underscore only; choose another one"
            )
    folder = files("dialer.asterisk") / "templates"
    return {
        name: (folder / name)
        .read_text(encoding="utf-8")
        .replace("@USERNAME@", username)
        .replace("@SECRET@", secret)
        for name in FRAGMENTS
    }


def new_secret() -> str:
    """Return a password nobody can guess: 128 random bits."""
    return secrets.token_hex(16)


def written_secret(folder: Path) -> str | None:
    """Return the password of the fragments written to a folder earlier, or None."""
    try:
        text = (folder / _MANAGER).read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(r"^secret = (\S+)$", text, re.MULTILINE)
    return found[1] if found else None


def write(folder: Path, fragments: Mapping[str, str]) -> tuple[Path, ...]:
    """Write the fragments and return their paths; the one with the password is private.

    A file is replaced at once or not at all, so that an Asterisk that reloads meanwhile
    never reads half a dialplan.

    Raises:
        FragmentError: the folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tuple(_replace(folder / name, text) for name, text in fragments.items())
    except OSError as error:
        raise FragmentError(
            f"the fragments cannot be written to {folder} ({error.strerror}); "
            "name a folder that you may write to with --output"
        ) from error


def _replace(path: Path, text: str) -> Path:
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    mode = 0o600 if path.name == _MANAGER else 0o644
    draft.touch(mode=mode)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
    return path
