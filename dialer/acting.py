"""Who acts: found out by a token, and held against what their roles allow.

Without `[access] require_token = true` the command line trusts whoever may read the base: a
token then only says under which name things are kept.
"""

import sys
from collections.abc import Mapping
from getpass import getpass

from campaigns import roles
from campaigns.agents import agent_of_token, has_manager
from campaigns.model import Role
from dialer.schema import SchemaOutdatedError
from leads.db import reading
from leads.errors import NotAllowedError, UsageError
from leads.site import TOKEN_VARIABLE, Actor, Site

_TRIES = 3
_BEFORE_ANY_MANAGER = frozenset({"agents add", "db restore"})
"""What makes the first manager: by name, or out of a backup."""
_UPGRADE = "db upgrade"
_AT_A_TERMINAL = "desk"


class NotYoursError(NotAllowedError):
    """It is another agent's: what was typed of it is not kept, either."""


def identify(site: Site, environment: Mapping[str, str]) -> Actor | None:
    """Return who acts, or None where nobody gave a token.

    Raises:
        NotAllowedError: the token is no active agent's.
    """
    token = environment.get(TOKEN_VARIABLE, "").strip()
    if not token:
        return None
    actor = _owner(site, token)
    if actor is None:
        raise NotAllowedError(
            f"the token in {TOKEN_VARIABLE} is no active agent's; a manager gives a new one "
            "with: ringbank agents token NAME"
        )
    return actor


def _owner(site: Site, token: str) -> Actor | None:
    """Return the active agent whose token it is, or None."""
    with reading(site.base()) as connection:
        agent = agent_of_token(connection, token)
    if agent is None:
        return None
    return Actor(
        id=agent.id,
        name=agent.name,
        roles=agent.roles,
        own_only=site.settings().require_token and roles.own_only(agent.roles),
    )


def _ask_at_terminal(site: Site) -> Actor | None:
    """Ask whoever sits at the terminal for their token; None where nobody does.

    Raises:
        NotAllowedError: what they typed is no active agent's, three times.
    """
    if not sys.stdin.isatty():
        return None
    for _ in range(_TRIES):
        actor = _owner(site, getpass("Your token (nothing is shown while you type): "))
        if actor is not None:
            site.acts(actor)
            return actor
        site.say("this is no active agent's token; try again")
    raise NotAllowedError("that is no token; a supervisor or manager gets you a new one")


def admit(site: Site, command: str) -> None:
    """Refuse a command that none of the roles of whoever acts may give.

    Args:
        site: an installation that asks for tokens.
        command: such as "agents add".

    Raises:
        NotAllowedError: nobody gave a token, or their roles do not reach so far.
    """
    try:
        actor = site.actor()
        managed = actor is not None or _is_managed(site)
        if actor is None and managed and command == _AT_A_TERMINAL:
            actor = _ask_at_terminal(site)
    except SchemaOutdatedError:
        if command != _UPGRADE:
            raise
        site.say("the base has to be upgraded before it can tell who is who; it is upgraded now")
        return
    if actor is not None:
        if not roles.may(map(Role, actor.roles), command):
            allowed = ", ".join(sorted(roles.for_roles(command)))
            raise NotAllowedError(
                f"{actor.name} ({', '.join(sorted(actor.roles))}) may not use "
                f"`ringbank {command}`, which is for: {allowed}; ask one of them, or a manager "
                f"for the role"
            )
    elif managed:
        raise NotAllowedError(
            f"this installation asks who you are; set {TOKEN_VARIABLE} to your token, which a "
            "manager gives with: ringbank agents token NAME"
        )
    elif command in _BEFORE_ANY_MANAGER:
        site.say(
            f"no manager has a token yet, and so {site.user()} is trusted with `ringbank {command}`"
        )
    else:
        raise NotAllowedError(
            "this installation asks who you are, and no manager has a token yet; add one: "
            "ringbank agents add NAME --role manager"
        )


def _is_managed(site: Site) -> bool:
    with reading(site.base()) as connection:
        return has_manager(connection)


def check_own_name(site: Site, agent: str) -> None:
    """Refuse to act for another agent, where whoever acts may act for themselves only.

    Raises:
        NotAllowedError: it is another one's name.
    """
    actor = site.actor()
    if actor is not None and actor.own_only and actor.name != agent:
        raise NotAllowedError(
            f"you are {actor.name} and cannot act for {agent}; write your own name, or ask a "
            "supervisor"
        )


def agent_named(site: Site, given: str | None) -> str:
    """Return the agent who is named, or else who acts.

    Raises:
        UsageError: nobody is named, and nobody has said who acts.
    """
    actor = site.actor()
    if given is None and actor is None:
        raise UsageError(f"whose desk is it? add --agent NAME, or set {TOKEN_VARIABLE}")
    return given or (actor.name if actor is not None else "")


def on_whose_word(site: Site, by: str | None) -> str | None:
    """Return who vouches for something: who is named, or else who acts, or None.

    Raises:
        NotYoursError: somebody else is named by whoever may speak for themselves only.
    """
    actor = site.actor()
    if actor is None or by == actor.name:
        return by
    if by is None:
        return actor.name
    if site.settings().require_token and Role.MANAGER not in actor.roles:
        raise NotYoursError(f"you are {actor.name} and cannot vouch for {by}; leave --by out")
    return by


def refuse_own_only(site: Site, instead: str) -> None:
    """Refuse whoever may touch people on their own leases only.

    Args:
        site: where.
        instead: what they can do.

    Raises:
        NotYoursError: they are such a one.
    """
    actor = site.actor()
    if actor is not None and actor.own_only:
        raise NotYoursError(f"you are {actor.name} and reach people by your own leases; {instead}")


def check_own_lease(site: Site, lease: str, agent_id: int | None) -> None:
    """Refuse to touch a lease that is not theirs to whoever may touch their own only.

    Args:
        site: where.
        lease: its name.
        agent_id: who holds it, or None.

    Raises:
        NotYoursError: it is not theirs.
    """
    actor = site.actor()
    if actor is not None and actor.own_only and actor.id != agent_id:
        raise NotYoursError(
            f"the lease {lease} is not {actor.name}'s; see your own with: "
            f"ringbank next --campaign NAME --agent {actor.name}"
        )
