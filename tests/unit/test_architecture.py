"""The rules of the architecture reach every module that they are about."""

import ast
import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
PACKAGES = ("leads", "campaigns", "dialer")


def test_every_module_that_calls_itself_pure_is_held_to_it():
    contracts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["importlinter"]
    core = next(c for c in contracts["contracts"] if c["name"] == "the core does no I/O")
    claimed = {
        ".".join(file.relative_to(CHECKOUT).with_suffix("").parts)
        for package in PACKAGES
        for file in (CHECKOUT / package).rglob("*.py")
        if (ast.get_docstring(ast.parse(file.read_text())) or "").split("\n")[0].endswith("; pure.")
    }
    assert claimed
    assert claimed <= set(core["source_modules"])
