"""What an agent waits for at every command: nothing is imported that the desk does not need."""

import os
import subprocess
import sys

from tests.conftest import CHECKOUT

HEAVY = ("numpy", "pandas", "pyarrow", "alembic", "holidays", "textual", "xlsxwriter", "rapidfuzz")


def test_the_desk_imports_nothing_that_takes_long_and_is_not_used():
    code = (
        "import sys, cli, dialer.desk, dialer.schema, dialer.config; "
        f"print([name for name in {HEAVY!r} if name in sys.modules], 'sqlalchemy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[] True\n"
