"""Which command is for which roles, where an installation asks for tokens; pure.

A manager may do everything. A command that does not stand here is for managers alone.
"""

from collections.abc import Iterable, Mapping

from campaigns.model import Role

_DESK = frozenset({Role.VOLUNTEER, Role.OPERATOR, Role.SUPERVISOR, Role.MANAGER})
SUPERVISORS = frozenset({Role.SUPERVISOR, Role.MANAGER})
"""Who may listen, whisper, step in, take over, correct, and move people to any number."""

_FIGURES = frozenset({Role.ANALYST, Role.MANAGER})
_HOUSE = SUPERVISORS | _FIGURES
_MANAGERS = frozenset({Role.MANAGER})

FOR_ROLES: Mapping[str, frozenset[Role]] = {
    # Whoever talks to people, at their own desk: `own_only` says what is theirs.
    "desk": _DESK,
    "next": _DESK,
    "dial": _DESK,
    "skip": _DESK,
    "result": _DESK,
    "release": _DESK,
    "agents help": _DESK,
    "agents login": _DESK,
    "agents ready": _DESK,
    "agents pause": _DESK,
    "agents logout": _DESK,
    "tasks add": _DESK,
    "recording pause": _DESK,
    "recording resume": _DESK,
    "supervise move": _DESK,  # agents: whom they have, to the names of the configuration
    # Whoever sits beside them.
    "supervise listen": SUPERVISORS,
    "supervise whisper": SUPERVISORS,
    "supervise join": SUPERVISORS,
    "supervise take": SUPERVISORS,
    "supervise end": SUPERVISORS,
    "supervise list": SUPERVISORS,
    "drafts list": SUPERVISORS,
    "drafts show": SUPERVISORS,
    "callbacks list": SUPERVISORS,
    "callbacks move": SUPERVISORS,
    "callbacks cancel": SUPERVISORS,
    "orders list": _HOUSE,
    "orders show": SUPERVISORS,
    "orders verify": SUPERVISORS,
    "orders cancel": SUPERVISORS,
    "tasks list": SUPERVISORS,
    "tasks done": SUPERVISORS,
    "tasks move": SUPERVISORS,
    "agents list": SUPERVISORS,
    "agents show": SUPERVISORS,
    "agents accompany": SUPERVISORS,
    "agents release": SUPERVISORS,
    "leads show": SUPERVISORS,
    "status": _HOUSE,
    "health": _HOUSE,
    "engines list": _HOUSE,
    # Whoever looks at what came of it.
    "explain": _FIGURES,
    "audit": _FIGURES,
    "reconcile": _FIGURES,
    "export attempts": _FIGURES,
    "export leads": _FIGURES,
    "export answers": _FIGURES,
    "export refusals": _FIGURES,
    "export orders": _FIGURES,
    "export suppression": _FIGURES,
    "export van": _FIGURES,
    "leads count": _FIGURES,
    "lists list": _FIGURES,
    "lists show": _FIGURES,
    "campaigns list": _HOUSE,
    "campaigns show": _HOUSE,
    "campaigns status": _HOUSE,
    "campaigns forecast": _FIGURES,
    "rules show": _FIGURES,
    "simulate": _FIGURES,
    "scripts preview": SUPERVISORS,
    "scripts check": SUPERVISORS,
    "scripts list": SUPERVISORS,
    "scripts show": SUPERVISORS,
    "recording list": SUPERVISORS,
    "amd review": SUPERVISORS,
    "amd report": _HOUSE,
    # Whoever answers for people's data, the agents, the law and the machine.
    "leads import": _MANAGERS,
    "leads find": _MANAGERS,
    "leads duplicates": _MANAGERS,
    "leads merge": _MANAGERS,
    "leads edit": _MANAGERS,
    "leads export-person": _MANAGERS,
    "leads erase": _MANAGERS,
    "leads access": _MANAGERS,
    "leads undo": _MANAGERS,
    "lists archive": _MANAGERS,
    "lists expire": _MANAGERS,
    "recording expire": _MANAGERS,
    "dnc add": _MANAGERS,
    "dnc remove": _MANAGERS,
    "dnc check": _MANAGERS,
    "dnc list": _MANAGERS,
    "inbound list": _MANAGERS,
    "dnc registries": _MANAGERS,
    "dnc import": _MANAGERS,
    "consents add": _MANAGERS,
    "consents import": _MANAGERS,
    "consents withdraw": _MANAGERS,
    "consents list": _MANAGERS,
    "campaigns create": _MANAGERS,
    "campaigns update": _MANAGERS,
    "campaigns unplaced": _MANAGERS,
    "campaigns start": _MANAGERS,
    "campaigns pause": _MANAGERS,
    "campaigns stop": _MANAGERS,
    "agents add": _MANAGERS,
    "agents set": _MANAGERS,
    "agents roles": _MANAGERS,
    "agents token": _MANAGERS,
    "agents deactivate": _MANAGERS,
    "agents activate": _MANAGERS,
    "rules check": _MANAGERS,
    "rules diff": _MANAGERS,
    "asterisk config": _MANAGERS,
    "engines give-up": _MANAGERS,
    "db backup": _MANAGERS,
    "db restore": _MANAGERS,
    "db upgrade": _MANAGERS,
    "demo": _MANAGERS,
    "doctor": _MANAGERS,
    "lab install": _MANAGERS,
    "lab up": _MANAGERS,
    "lab down": _MANAGERS,
    "lab call-back": _MANAGERS,
    "lab status": _MANAGERS,
    "run": _MANAGERS,
}
"""Command, without "ringbank", -> the roles that may give it."""


def for_roles(command: str) -> frozenset[Role]:
    """Return the roles that may give a command, such as "agents add"."""
    return FOR_ROLES.get(command, _MANAGERS)


def may(roles: Iterable[Role], command: str) -> bool:
    """Tell whether somebody with these roles may give a command."""
    return not for_roles(command).isdisjoint(roles)


def own_only(roles: Iterable[Role]) -> bool:
    """Tell whether somebody with these roles may act in their own name only, on their own leases."""
    return SUPERVISORS.isdisjoint(roles)
