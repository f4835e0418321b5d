"""Writes the next migration: what the declared tables have and the migrations do not.

Usage: python -m tests.migration SLUG "Sentence that says what it changes"

Until the first release there is one migration only: remove its file and write it again
with the slug "first". Alembic sees no changed CHECK and no changed index predicate, but
`tests/db/test_schema.py` does. `REVISIONS` in `dialer/schema.py` has to name the result.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from alembic import command
from alembic.config import Config

from dialer.schema import MIGRATIONS
from leads.db import connect, writing


def write(slug: str, sentence: str) -> Path:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    number = f"{len(list((MIGRATIONS / 'versions').glob('[0-9]*.py'))) + 1:04}"
    file = MIGRATIONS / "versions" / f"{number}_{slug}.py"
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("file_template", file.stem)
    with tempfile.TemporaryDirectory() as folder:
        engine = connect(f"sqlite:///{folder}/ringbank.db")
        with writing(engine) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            command.revision(
                config, sentence, autogenerate=True, rev_id=f"{number}_v{project['version']}"
            )
        engine.dispose()
    file.write_text(re.sub(r"(?m)^ *# ###.*\n", "", file.read_text()))
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", file], check=True)
    return file


if __name__ == "__main__":
    print(write(*sys.argv[1:]))
