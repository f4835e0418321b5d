"""Get the rule files from the disk: those that came with Ringbank and an operator's."""

from collections.abc import Iterable
from pathlib import Path

from campaigns.rules.book import RuleBook
from campaigns.rules.own import Own
from campaigns.rules.reading import FILE_NAME
from leads.errors import RingbankError, UsageError
from leads.problems import usable

SHIPPED = Path(__file__).parent
"""The folder with the files that came with Ringbank."""

_FILES = "*.toml"


def load(folder: Path | None, own: Own, *, thorough: bool = False) -> RuleBook:
    """Return the rule book of an installation.

    Args:
        folder: where the operator's own files are, or None where there are none.
        own: what the configuration asks for.
        thorough: look up too whether there are the subdivisions that an operator names; that
            takes half a second and is for those who check or start something.

    Raises:
        UsageError: an operator's file cannot be used; the message names every fault of each.
        RingbankError: a file cannot be read.
    """
    own_texts = texts_in([folder]) if folder else {}
    book = RuleBook.build(shipped_texts(), own_texts, own, thorough=thorough or None)
    return usable(f"the rules in {folder} cannot be used", book)


def shipped_texts() -> dict[str, str]:
    """Return the texts of the files that came with Ringbank, by their names.

    Other tables that lie beside them have names that no rule file may have.
    """
    return texts_in(file for file in sorted(SHIPPED.glob(_FILES)) if FILE_NAME.fullmatch(file.name))


def texts_in(paths: Iterable[Path]) -> dict[str, str]:
    """Return the texts of rule files by the files' names; of a folder every file in it.

    Raises:
        UsageError: there is no such file or folder, two have one name, or one is not UTF-8.
        RingbankError: a file cannot be read.
    """
    texts: dict[str, str] = {}
    for path in paths:
        if not path.exists():
            raise UsageError(
                f"there is no {path}; make that folder, or name another one as rules.folder "
                "in the configuration"
            )
        for file in sorted(path.glob(_FILES)) if path.is_dir() else [path]:
            if file.name in texts:
                raise UsageError(f"{file} has the name of another rule file; rename one of them")
            texts[file.name] = _text(file)
    return texts


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise RingbankError(
            f"the rule file {file} cannot be read ({error.strerror}); make it readable"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"the rule file {file} is not UTF-8; save it as UTF-8") from error
