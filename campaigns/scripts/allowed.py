"""What a script may say of all that Jinja2 knows; pure.

What is allowed is listed, and everything else is refused with its line before anything is
evaluated: a script compares, chooses and shows. It calls nothing, calculates nothing, loads
nothing and keeps nothing in variables of its own, so that neither its time nor its text can
grow beyond what its author wrote.
"""

from collections.abc import Iterator

from jinja2 import nodes

from campaigns.fields import nearest
from campaigns.scripts.filters import FILTERS, MOST_TURNS, TESTS
from campaigns.scripts.values import ROOTS, WHOLE
from leads.problems import Problem

_DEEPEST = 40
_MOST_JOINED = 50

_KINDS: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.If,
    nodes.For,
    nodes.Name,
    nodes.Const,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Neg,
    nodes.CondExpr,
    nodes.Filter,
    nodes.Test,
    nodes.Concat,
    nodes.List,
    nodes.Tuple,
)

_INSTEAD: tuple[tuple[type[nodes.Node], str], ...] = (
    (nodes.Call, "calls something; a script can only show and compare values"),
    (nodes.BinExpr, "calculates; write the result, or join texts with ~"),
    (nodes.Pos, "calculates; leave the + out"),
    (nodes.Assign, "keeps a variable of its own; write the value where it is used"),
    (nodes.AssignBlock, "keeps a variable of its own; write the text where it is used"),
    (nodes.Include, "loads another text; write it into this one"),
    (nodes.Import, "loads another text; write it into this one"),
    (nodes.FromImport, "loads another text; write it into this one"),
    (nodes.Extends, "loads another text; write it into this one"),
    (nodes.Block, "is made for other texts to change; leave the block out"),
    (nodes.Macro, "defines something of its own; write it where it is used"),
    (nodes.CallBlock, "calls something; a script can only show and compare values"),
    (nodes.FilterBlock, "filters a whole block; filter the single values"),
    (nodes.Slice, "takes a part of a text or a list; show the whole of it"),
    (nodes.Dict, "is a table of values; a script needs none"),
)


def line_of(number: int) -> str:
    """Return a place in a script as a problem names it."""
    return f"line {number}"


def refused(
    node: nodes.Node, depth: int = 0, *, loops: frozenset[str] = frozenset(), line: int = 1
) -> Iterator[Problem]:
    """Yield what a script may not do, with its line.

    Args:
        node: the tree of the script, or a part of it.
        depth: how far in the part is.
        loops: the names that the loops around it give.
        line: that of what is around it.
    """
    line = node.lineno or line  # some of Jinja's own nodes have none
    if depth > _DEEPEST:
        yield Problem(where=line_of(line), why="is nested too deeply; write it flatter")
        return
    why = _why_not(node, loops)
    if why is not None:
        yield Problem(where=line_of(line), why=why)
        return
    if isinstance(node, nodes.For):
        inner = loops | {node.target.name} if isinstance(node.target, nodes.Name) else loops
        yield from refused(node.iter, depth + 1, loops=loops, line=line)
        for one in node.body:
            yield from refused(one, depth + 1, loops=inner, line=line)
        for one in node.else_:
            yield from refused(one, depth + 1, loops=loops, line=line)
        return
    if isinstance(node, nodes.Getattr | nodes.Getitem):
        return  # the whole of it was looked at
    for child in node.iter_child_nodes():
        yield from refused(child, depth + 1, loops=loops, line=line)


def _why_not(node: nodes.Node, loops: frozenset[str]) -> str | None:
    if not isinstance(node, _KINDS):
        for kind, why in _INSTEAD:
            if isinstance(node, kind):
                return why
        return f"{type(node).__name__.lower()} has no place in a script; leave it out"
    match node:
        case nodes.For():
            return _why_no_loop(node, loops)
        case nodes.Name() | nodes.Getattr() | nodes.Getitem():
            return _why_no_path(node, loops)
        case nodes.Compare():
            return _why_not_compared(node)
        case nodes.Filter():
            return _why_no_filter(node)
        case _:
            return _why_not_written_so(node)


def _why_not_written_so(node: nodes.Node) -> str | None:
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        return f"no test is called {node.name!r}; compare with == or write: is defined"
    if isinstance(node, nodes.Neg) and not (
        isinstance(node.node, nodes.Const) and _is_number(node.node.value)
    ):
        return "calculates; write the result"
    if isinstance(node, nodes.Concat) and len(node.nodes) > _MOST_JOINED:
        return f"joins more than {_MOST_JOINED} texts; write them one after another"
    return None


def _why_no_loop(node: nodes.For, loops: frozenset[str]) -> str | None:
    if loops:
        return "is a loop inside a loop; write one after the other"
    if node.recursive or node.test is not None or not isinstance(node.target, nodes.Name):
        return "is more than a plain loop; write: {% for one in answers.KEY %}"
    if isinstance(node.iter, nodes.List | nodes.Tuple):
        if len(node.iter.items) > MOST_TURNS:
            return f"goes over more than {MOST_TURNS} things"
        return None
    if node.target.name in ROOTS:
        return f"{node.target.name!r} has a meaning already; call the one of the loop otherwise"
    path = path_of(node.iter)
    if path is None or path[0] != "answers":
        return "must go over the answers to a question, like: {% for one in answers.KEY %}"
    return None


def _why_no_path(
    node: nodes.Name | nodes.Getattr | nodes.Getitem, loops: frozenset[str]
) -> str | None:
    path = path_of(node)
    if path is None:
        return 'is no value of a script; write it like lead.city or lead.attributes["house no"]'
    root, parts = path[0], path[1:]
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        return f"{node.attr!r} is no name that a script may use"
    if root in loops:
        return f"{root!r} is a value and has no parts" if parts else None
    if root not in ROOTS:
        near = nearest(root, [*ROOTS, *loops])
        return f"there is no {root!r}; the nearest is {near!r} of {', '.join(ROOTS)}"
    return _why_no_part(path)


def _why_no_part(path: tuple[str, ...]) -> str | None:
    root, parts = path[0], path[1:]
    known = ROOTS[root]
    if not parts or path == ("lead", "attributes"):
        if root in WHOLE:
            return None
        example = "name" if known and "name" in known else "KEY"
        return f"{'.'.join(path)} alone is no value; write one of its values, {root}.{example}"
    if len(parts) > (2 if path[:2] == ("lead", "attributes") else 1) or known == ():
        whole = path[: 1 if known == () else 2]
        return f"{'.'.join(path)} goes too far: {'.'.join(whole)} is a value and has no parts"
    if known and parts[0] not in known:
        near = nearest(parts[0], known)
        return f"there is no {root}.{parts[0]}; the nearest is {root}.{near}"
    return None


def path_of(node: nodes.Node) -> tuple[str, ...] | None:
    """Return the names of `lead.attributes["x"]` one after another; None for anything else."""
    if isinstance(node, nodes.Name):
        return (node.name,)
    if isinstance(node, nodes.Getattr):
        before = path_of(node.node)
        return None if before is None else (*before, node.attr)
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        before = path_of(node.node)
        key = node.arg.value
        return (*before, key) if before is not None and isinstance(key, str) else None
    return None


_ORDER = frozenset({"lt", "lteq", "gt", "gteq"})


def _why_not_compared(node: nodes.Compare) -> str | None:
    left: nodes.Node = node.expr
    for operand in node.ops:
        right = operand.expr
        if operand.op in _ORDER:
            sides = (left, right)
            if not any(map(_is_value, sides)) or not all(
                _is_value(side) or _is_word(side) for side in sides
            ):
                return "compares what has no order; one side must be a value, like lead.age > 60"
        elif operand.op in {"in", "notin"} and not (
            _is_value(right) or isinstance(right, nodes.List | nodes.Tuple)
        ):
            return 'needs a value or a list after "in", like: in ["Telia", "Telenor"]'
        left = right
    return None


def _is_value(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Filter) or path_of(node) is not None


def _is_word(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Neg):
        node = node.node
    return isinstance(node, nodes.Const) and (isinstance(node.value, str) or _is_number(node.value))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _why_no_filter(node: nodes.Filter) -> str | None:
    if node.name not in FILTERS:
        near = nearest(node.name, list(FILTERS))
        return f"no filter is called {node.name!r}; the nearest is {near!r}"
    most = FILTERS[node.name][1]
    if node.node is None or node.kwargs or node.dyn_args or node.dyn_kwargs:
        return f"the filter {node.name!r} is used like: lead.city | {node.name}"
    if len(node.args) > most:
        return f"the filter {node.name!r} takes {'one word' if most else 'no word'} in parentheses"
    return None
