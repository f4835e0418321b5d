"""Every command on the page about the lead base works when pasted, in the page's order."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT

PAGE = CHECKOUT / "docs" / "leads.md"
EXPECTED = re.compile(r"\s+# exit (\d+)$")


def lines() -> list[tuple[str, int]]:
    """Return each line of the page's blocks with the exit status that it says it has."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    found = []
    for line in "".join(blocks).splitlines():
        said = EXPECTED.search(line)
        found.append((EXPECTED.sub("", line), int(said[1]) if said else 0))
    return found


@pytest.mark.timeout(180)  # some forty processes, one after another
def test_the_page_can_be_pasted(tmp_path: Path) -> None:
    shutil.copy(CHECKOUT / "config.toml", tmp_path)
    (tmp_path / "dialer").symlink_to(CHECKOUT / "dialer")
    ringbank = f'ringbank() {{ "{sys.executable}" -m cli "$@"; }}\n'
    # One shell for the whole page: it says of each line how it left.
    script = ringbank + "".join(
        f'{line}\necho "@{at} $?" >&2\n' for at, (line, _) in enumerate(lines())
    )
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(CHECKOUT), "LANG": "C.UTF-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=150,
        check=True,
    )
    left = {
        int(at): int(status)
        for at, status in re.findall(r"^@(\d+) (\d+)$", done.stderr, re.MULTILINE)
    }
    wrong = [
        (line, left.get(at)) for at, (line, status) in enumerate(lines()) if left.get(at) != status
    ]
    assert wrong == [], done.stderr
    assert (tmp_path / "oslo.csv").read_text(encoding="utf-8").count("\n") > 1


def test_the_page_tells_of_every_command_of_the_lead_base() -> None:
    told = PAGE.read_text(encoding="utf-8")
    from tests.docs.commands import all_commands

    groups = ("leads", "lists", "dnc", "consents", "export")
    named = [one.name for one in all_commands() if one.path[0] in groups and not one.is_group]
    assert len(named) > 20
    missing = [name for name in named if name not in told]
    # The page for phone banks' own bulk format needs a campaign first.
    assert missing == ["ringbank lists list", "ringbank export van"]
