"""How much an object holds: every container that can be reached from it, with its entries."""

import sys
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Set
from queue import Queue
from typing import Any

OURS = ("dialer", "campaigns", "leads")
"""The packages whose objects are looked into."""


def entries(root: object, name: str) -> dict[str, int]:
    """Return how many entries every container has that can be reached through our own objects.

    By the way to it, which begins with `name`; containers of the same kind in another container
    are counted together.
    """
    found: Counter[str] = Counter()
    seen: set[int] = set()
    todo: deque[tuple[str, object]] = deque([(name, root)])
    while todo:
        way, one = todo.popleft()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, Queue):
            found[way] += one.qsize()
        elif isinstance(one, Mapping | Set | list | deque):
            found[way] += len(one)
            members = one.values() if isinstance(one, Mapping) else one
            todo.extend((f"{way}[]", member) for member in tuple(members))
        elif type(one).__module__.partition(".")[0] in OURS:
            todo.extend((f"{way}.{part}", value) for part, value in _attributes(one))
    return dict(found)


def caches() -> Iterator[tuple[str, Any]]:
    """Return every function of ours that keeps its answers, of the modules that are loaded."""
    for module in tuple(sys.modules.values()):
        if module.__name__.partition(".")[0] in OURS:
            for name, one in tuple(vars(module).items()):
                if hasattr(one, "cache_info") and one.__module__ == module.__name__:
                    yield f"{module.__name__}.{name}", one


def _attributes(one: object) -> Iterator[tuple[str, object]]:
    yield from getattr(one, "__dict__", {}).items()
    for kind in type(one).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(one, name):
                yield name, getattr(one, name)
