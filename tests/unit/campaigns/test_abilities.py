"""Roles, skills and languages are words of the people who enter them, and may be wrong."""

import re

import pytest

from campaigns.abilities import is_newcomer, read_languages, read_roles, read_skills
from campaigns.model import Role
from leads.errors import UsageError


def test_an_agent_may_have_several_roles():
    assert read_roles(["operator", "supervisor"]) == {Role.OPERATOR, Role.SUPERVISOR}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["supervizor"], "'supervizor' is no role, the nearest is 'supervisor'; choose of volun"),
        (["Manager"], "'Manager' is no role, the nearest is 'manager'"),
        ([], "an agent has one role at least; choose of volunteer, operator, supervisor, analyst"),
    ],
)
def test_a_role_that_is_none_is_refused_with_those_there_are(words: list[str], told: str):
    with pytest.raises(UsageError, match=re.escape(told)):
        read_roles(words)


def test_languages_are_kept_as_leads_have_them():
    assert read_languages(["NB", "tr", "nb"]) == {"nb", "tr"}


@pytest.mark.parametrize("word", ["ua", "nor", "norsk", "n", "", "xx"])
def test_a_language_that_is_none_is_refused(word: str):
    with pytest.raises(UsageError, match="is no code of ISO 639-1; write two letters"):
        read_languages(["nb", word])


def test_skills_are_codes_of_the_operators_own():
    assert read_skills(["loans", "tariff_2"]) == {"loans", "tariff_2"}
    for word in ("Loans", "home loans", ""):
        with pytest.raises(UsageError, match="is no code; write small letters, digits and _"):
            read_skills([word])


@pytest.mark.parametrize(
    ("roles", "new"),
    [
        ({Role.VOLUNTEER}, True),
        ({Role.OPERATOR, Role.ANALYST}, True),
        ({Role.OPERATOR, Role.SUPERVISOR}, False),
        ({Role.VOLUNTEER, Role.MANAGER}, False),
    ],
)
def test_who_supervises_others_needs_no_training(roles: set[Role], new: bool):
    assert is_newcomer(roles) is new
