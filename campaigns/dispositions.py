"""The words an agent may choose after a talk: the built-in ones and a campaign's own; pure.

There is one built-in disposition for each kind, with the kind as its code; it always
exists. A campaign file may give it another label, hide it, or add words of its own. Four of
them are hidden until a campaign file names them: nobody chooses well among too many.
"""

from collections.abc import Mapping, Sequence

from campaigns.fields import Section
from campaigns.model import Disposition, DispositionKind
from campaigns.orders.definition import read_form_of

MOST_SHOWN = 12
"""How many words an agent is offered at the most."""

_K = DispositionKind
_KINDS = tuple(kind.value for kind in DispositionKind)

FIXED_KINDS = frozenset({_K.DO_NOT_CALL, _K.DECEASED, _K.WRONG_NUMBER})
"""Kinds that protect the person called: their built-in code can mean nothing else."""

_HIDDEN = frozenset({_K.MACHINE, _K.PARTIAL, _K.COMPLETED, _K.NOT_ELIGIBLE})
"""Built-in words that are kept and not offered unless a campaign file names them."""

DEFINITIONS: Mapping[DispositionKind, str] = {
    _K.SUCCESS: "They agreed to what the campaign is for.",
    _K.REFUSAL: (
        "The right person said no, or hung up knowing who calls; declining one question is no "
        "refusal."
    ),
    _K.CALLBACK: "They want to be called at another time, and you agreed on it.",
    _K.WRONG_NUMBER: (
        "Somebody else has this number and does not know the person; a line that is dead is "
        "no contact."
    ),
    _K.DO_NOT_CALL: (
        "They asked never to be called again; a plain no is a refusal, insults without that "
        "wish are hostile."
    ),
    _K.NO_CONTACT: "Nobody answered, the line was dead, or the person was not there to talk.",
    _K.MACHINE: "A machine answered, and you left no message.",
    _K.LEFT_MESSAGE: "You left a message, on a machine or with somebody who passes it on.",
    _K.DECEASED: "Somebody told you that the person has died.",
    _K.LANGUAGE: "It is the right person, and you share no language well enough to go on.",
    _K.HOSTILE: "They insulted or threatened you; being short or annoyed is a refusal.",
    _K.PARTIAL: "They answered some of the questions and broke off before the end.",
    _K.COMPLETED: "They answered the questions to the end, whatever their answers were.",
    _K.NOT_ELIGIBLE: "The campaign is not for them: under age, moved away, a customer already.",
}
"""When the built-in word of each kind is the right one, and which one is instead."""


def _label(code: str) -> str:
    return code.replace("_", " ").capitalize()


BUILT_IN = tuple(
    Disposition(
        code=kind.value,
        kind=kind,
        label=_label(kind.value),
        definition=DEFINITIONS[kind],
        hidden=kind in _HIDDEN,
    )
    for kind in DispositionKind
)
"""Every built-in disposition, in the order in which agents see them."""


def read_dispositions(file: Section, entries: Sequence[Section]) -> tuple[Disposition, ...]:
    """Return the built-in dispositions as a campaign file changes them, then the added ones.

    The order is stable: built-in ones keep their places, added ones that of the file.

    Args:
        file: the campaign file.
        entries: its tables under [[dispositions]].
    """
    merged = {disposition.code: disposition for disposition in BUILT_IN}
    seen: set[str] = set()
    for entry in entries:
        disposition = _read(entry)
        if disposition.code in seen:
            entry.refuse("code", f"{disposition.code!r} is defined twice")
        seen.add(disposition.code)
        merged[disposition.code] = disposition
    shown = [one.code for one in merged.values() if not one.hidden]
    if len(shown) > MOST_SHOWN:
        file.refuse(
            "dispositions",
            f"{len(shown)} would be shown to agents ({', '.join(shown)}), and {MOST_SHOWN} are "
            'the most; hide those that are not needed, each with [[dispositions]] code = "..." '
            "and hidden = true",
        )
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
        definition=entry.text("definition", required=False) or DEFINITIONS[kind],
        hidden=entry.flag("hidden"),
        form=read_form_of(entry),
    )
