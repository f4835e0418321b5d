"""The words an agent may choose after a talk: the built-in ones and a campaign's own.

There is one built-in disposition for each kind, with the kind as its code; it always
exists. A campaign file may give it another label, hide it, or add words of its own.
"""

from collections.abc import Sequence

from campaigns.fields import Section
from campaigns.model import Disposition, DispositionKind
from campaigns.orders.definition import read_form_of

_KINDS = tuple(kind.value for kind in DispositionKind)

FIXED_KINDS = frozenset(
    {DispositionKind.DO_NOT_CALL, DispositionKind.DECEASED, DispositionKind.WRONG_NUMBER}
)
"""Kinds that protect the person called: their built-in code can mean nothing else."""


def _label(code: str) -> str:
    return code.replace("_", " ").capitalize()


BUILT_IN = tuple(
    Disposition(code=kind.value, kind=kind, label=_label(kind.value)) for kind in DispositionKind
)
"""Every built-in disposition, in the order in which agents see them."""


def read_dispositions(entries: Sequence[Section]) -> tuple[Disposition, ...]:
    """Return the built-in dispositions as the entries change them, then the added ones.

    The order is stable: built-in ones keep their places, added ones that of the file.
    """
    merged = {disposition.code: disposition for disposition in BUILT_IN}
    seen: set[str] = set()
    for entry in entries:
        disposition = _read(entry)
        if disposition.code in seen:
            entry.refuse("code", f"{disposition.code!r} is defined twice")
        seen.add(disposition.code)
        merged[disposition.code] = disposition
    return tuple(merged.values())


def _read(entry: Section) -> Disposition:
    code = entry.code("code")
    own_kind = code if code in _KINDS else None
    kind = DispositionKind(entry.choice("kind", _KINDS, default=own_kind))
    if own_kind in FIXED_KINDS and kind != own_kind:
        entry.refuse("kind", f"a disposition {code!r} cannot be of the kind {kind.value!r}")
    return Disposition(
        code=code,
        kind=kind,
        label=entry.text("label", required=False) or _label(code),
        hidden=entry.flag("hidden"),
        form=read_form_of(entry),
    )
