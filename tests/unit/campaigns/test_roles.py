"""Which command is for whom, where an installation asks who acts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.model import Role
from campaigns.roles import FOR_ROLES, for_roles, may, own_only
from tests.docs.commands import all_commands

COMMANDS = [" ".join(one.path) for one in all_commands() if not one.is_group]
roles = st.sampled_from(Role)


def test_somebody_has_decided_about_every_command_and_nothing_else():
    assert len(COMMANDS) > 50
    assert {*COMMANDS} == {*FOR_ROLES}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_manager_may_do_everything(command: str):
    assert may({Role.MANAGER}, command)


@given(st.text())
def test_what_nobody_decided_about_is_for_managers_alone(command: str):
    if command not in FOR_ROLES:
        assert for_roles(command) == {Role.MANAGER}


@given(st.sets(roles), st.sets(roles), st.sampled_from(COMMANDS))
def test_another_role_never_takes_away_what_somebody_may(
    some: set[Role], more: set[Role], command: str
):
    assert may(some | more, command) is (may(some, command) or may(more, command))


@pytest.mark.parametrize(
    ("role", "allowed", "refused"),
    [
        (Role.VOLUNTEER, "next, result, release, agents login, agents ready, agents pause",
         "agents list, callbacks list, leads show, export attempts, status, agents add, run"),
        (Role.OPERATOR, "next, result, release, agents logout",
         "agents show, agents accompany, lists list, explain, db upgrade"),
        (Role.SUPERVISOR, "next, callbacks move, agents list, agents show, agents accompany, "
         "agents release, leads show, status",
         "agents add, agents token, agents deactivate, export attempts, audit, leads erase"),
        (Role.ANALYST, "export attempts, explain, audit, status, lists list",
         "next, result, agents list, leads show, leads find, leads erase, campaigns start"),
    ],
)  # fmt: skip
def test_each_role_has_its_work_and_no_other(role: Role, allowed: str, refused: str):
    for command in allowed.split(", "):
        assert may({role}, command), command
    for command in refused.split(", "):
        assert not may({role}, command), command


@pytest.mark.parametrize(
    ("some", "own"),
    [
        ({Role.VOLUNTEER}, True),
        ({Role.OPERATOR, Role.ANALYST}, True),
        ({Role.VOLUNTEER, Role.SUPERVISOR}, False),
        ({Role.MANAGER}, False),
    ],
)
def test_who_supervises_nobody_acts_for_nobody_else(some: set[Role], own: bool):
    assert own_only(some) is own
