"""A script made ready to be rendered, in the sandbox of Jinja2; pure.

`campaigns.scripts.allowed` refuses what has no place in a script before it comes here; the
sandbox stands behind that, without a single global, loader, filter or test of its own.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from campaigns.scripts.allowed import line_of, refused
from campaigns.scripts.filters import FILTERS, TESTS, members
from leads.problems import Problem

LONGEST = 65_536
"""Letters of one script."""
LONGEST_SHOWN = 131_072
"""Letters of what it may come to; it is cut there."""

_ITEMS = "items of a loop"
"""The filter put around what a loop goes over; no script can write its name."""


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2 without any global, loader, filter or test but those listed here."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})
    intercepted_unops = frozenset({"+"})

    def __init__(self) -> None:
        # No autoescape: what comes out is Markdown for a terminal and no HTML.
        super().__init__(
            undefined=StrictUndefined,
            autoescape=False,
            keep_trailing_newline=True,
            cache_size=0,
        )
        self.globals.clear()
        self.filters = {name: how for name, (how, _) in FILTERS.items()} | {_ITEMS: members}
        self.tests = {**TESTS}

    def call(self, *_: Any, **__: Any) -> Any:
        """Refuse every call; the list of what is allowed has none, so that none comes here."""
        raise TemplateSyntaxError("calls something", 1)

    def call_binop(self, *_: Any) -> Any:
        """Refuse every calculation likewise."""
        raise TemplateSyntaxError("calculates", 1)

    def call_unop(self, *_: Any) -> Any:
        """Refuse every calculation likewise."""
        raise TemplateSyntaxError("calculates", 1)


@lru_cache(maxsize=1)
def _sandbox() -> _Sandbox:
    return _Sandbox()


def parse(source: str) -> nodes.Template | tuple[Problem, ...]:
    """Return the tree of a script that is allowed, or every reason why it is not."""
    if len(source) > LONGEST:
        why = f"has {len(source)} letters; the longest script has {LONGEST}"
        return (Problem(where="text", why=why),)
    for at, line in enumerate(source.split("\n"), start=1):
        if not line.replace("\t", " ").isprintable():
            why = "holds a control character; write the line anew"
            return (Problem(where=line_of(at), why=why),)
    try:
        tree = _sandbox().parse(marked(source))
        problems = tuple(dict.fromkeys(refused(tree)))
    except TemplateSyntaxError as fault:
        return (Problem(where=line_of(fault.lineno), why=_clause(fault.message or "is unusable")),)
    except (RecursionError, MemoryError, OverflowError, ValueError):
        return (Problem(where="text", why="is nested too deeply; write it flatter"),)
    return problems or tree


@lru_cache(maxsize=64)
def compiled(source: str) -> Template | tuple[Problem, ...]:
    """Return a script ready to be rendered, or why it cannot be; the last ones are kept."""
    tree = parse(source)
    if isinstance(tree, tuple):
        return tree
    sandbox = _sandbox()
    for loop in tree.find_all(nodes.For):
        items = nodes.Filter(loop.iter, _ITEMS, [], [], None, None, lineno=loop.lineno)
        loop.iter = items.set_environment(sandbox)
    try:
        code = sandbox.compile(tree)
    except (TemplateSyntaxError, SyntaxError, RecursionError, MemoryError, OverflowError):
        return (Problem(where="text", why="is nested too deeply; write it flatter"),)
    return Template.from_code(sandbox, code, {})


DRAWER, HEADING, TAGS = "\x02", "\x03", "\x04"
"""What marks the headings of the author, and lines of nothing but tags: no value can hold it."""

_TAGS_ONLY = re.compile(r"\s*(?:(?:\{%(?:[^%]|%(?!\}))*%\}|\{#(?:[^#]|#(?!\}))*#\})\s*)+")


def marked(source: str) -> str:
    """Return a script whose headings cannot be mistaken, and whose tags leave no lines."""
    return "\n".join(map(_marked, source.split("\n")))


def _marked(line: str) -> str:
    if line.startswith("## ?"):
        return DRAWER + line[len("## ?") :].strip()
    if line.startswith(("# ", "## ")):
        return HEADING + line
    return line.strip() + TAGS if _TAGS_ONLY.fullmatch(line) else line


def _clause(message: str) -> str:
    text = " ".join(message.split()).rstrip(".")
    if "The innermost block that needs to be closed is" in text:
        tag = text.rsplit("'", 2)[1]
        return f"unexpected end: an {{% {tag} %}} is open; close it with {{% end{tag} %}}"
    for there in (DRAWER, HEADING, TAGS):
        text = text.replace(there, "")
    return text[:1].lower() + text[1:]


def shown_parts(template: Template, variables: dict[str, object]) -> Iterable[str]:
    """Yield what a script comes to, part by part, up to `LONGEST_SHOWN` letters."""
    left = LONGEST_SHOWN
    for part in template.generate(variables):
        yield part[:left]
        left -= len(part)
        if left <= 0:
            return
