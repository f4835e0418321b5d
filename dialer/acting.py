"""Who acts: found out by a token, and held against what their roles allow.

Without `[access] require_token = true` the command line trusts whoever may read the base: a
token then only says under which name things are kept.
"""

from collections.abc import Mapping

from campaigns import roles
from campaigns.agents import AgentRow, agent_of_token, has_manager
from campaigns.model import Role
from dialer.schema import SchemaOutdatedError
from leads.db import reading
from leads.errors import NotAllowedError
from leads.site import TOKEN_VARIABLE, Actor, Site

_FIRST_MANAGER = "agents add"
_UPGRADE = "db upgrade"


def identify(site: Site, environment: Mapping[str, str]) -> Actor | None:
    """Return who acts, or None where nobody gave a token.

    Raises:
        NotAllowedError: the token is no active agent's.
    """
    token = environment.get(TOKEN_VARIABLE, "").strip()
    if not token:
        return None
    with reading(site.base()) as connection:
        agent = agent_of_token(connection, token)
    if agent is None:
        raise NotAllowedError(
            f"the token in {TOKEN_VARIABLE} is no active agent's; a manager gives a new one "
            "with: ringbank agents token NAME"
        )
    return _actor(agent, bound=site.settings().require_token)


def _actor(agent: AgentRow, *, bound: bool) -> Actor:
    return Actor(
        id=agent.id,
        name=agent.name,
        roles=agent.roles,
        own_only=bound and roles.own_only(agent.roles),
    )


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
    elif command == _FIRST_MANAGER:
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


def check_own_lease(site: Site, lease: str, agent_id: int | None) -> None:
    """Refuse to touch a lease that is not theirs to whoever may touch their own only.

    Args:
        site: where.
        lease: its name.
        agent_id: who holds it, or None.

    Raises:
        NotAllowedError: it is not theirs.
    """
    actor = site.actor()
    if actor is not None and actor.own_only and actor.id != agent_id:
        raise NotAllowedError(
            f"the lease {lease} is not {actor.name}'s; see your own with: "
            f"ringbank next --campaign NAME --agent {actor.name}"
        )
