"""Writes docs/commands.md from the commands themselves: ``make docs``."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import typer

import cli
from tests.conftest import CHECKOUT

PAGE = CHECKOUT / "docs" / "commands.md"

HEAD = """\
# Commands

Written by `make docs` from the commands' own help; change it there.

`--config FILE` and `--json` stand before or after the command. The configuration is
`config.toml` in the folder you start from, or what the environment variable
`RINGBANK_CONFIG` names; `RINGBANK_AGENT_TOKEN` says which agent acts ([who is who](agents.md#who-is-who)).
With `--json` stdout holds one JSON document and nothing else;
everything that is not data goes to stderr.

| exit status | |
|---|---|
| 0 | done |
| 1 | the world failed: database, Asterisk, disk, network |
| 2 | the command, the configuration or a file cannot be used as given |
| 3 | refused by a rule or a role |
| 4 | done, with problems |
| 130 | interrupted |
"""


class Documented(NamedTuple):
    """One command, or one group of them, as its help shows it."""

    path: tuple[str, ...]
    command: Any
    is_group: bool

    @property
    def name(self) -> str:
        return " ".join(("ringbank", *self.path))

    @property
    def paragraphs(self) -> list[str]:
        return [" ".join(text.split()) for text in (self.command.help or "").split("\n\n")]

    @property
    def example(self) -> str | None:
        found = (text for text in self.paragraphs if text.startswith("Example: "))
        return next((text.removeprefix("Example: ") for text in found), None)


def all_commands() -> list[Documented]:
    """Return every group and every command, each group before its commands."""
    return list(_walk(typer.main.get_command(cli.app), ()))


def _walk(group: Any, path: tuple[str, ...]) -> Iterator[Documented]:
    for name, command in group.commands.items():
        is_group = hasattr(command, "commands")
        yield Documented((*path, name), command, is_group)
        if is_group:
            yield from _walk(command, (*path, name))


def page() -> str:
    """Return the text that docs/commands.md has to have."""
    return "\n".join([HEAD, *map(_chapter, all_commands())])


def _chapter(one: Documented) -> str:
    lines = [f"{'#' * (len(one.path) + 1)} `{one.name}`", ""]
    for text in one.paragraphs:
        example = text.startswith("Example: ")
        lines += ["```sh", one.example, "```", ""] if example else [text, ""]
    if not one.is_group:
        context = one.command.make_context(one.name, [], resilient_parsing=True)
        records = [parameter.get_help_record(context) for parameter in one.command.params]
        lines += [f"- `{words}` {' '.join(said.split())}" for words, said in records]
        lines += [""] if records else []
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
