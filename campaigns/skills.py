"""What a campaign asks of its agents: skills, in the operator's own words; pure."""

from campaigns.fields import Section, shown


def read_skills(agents: Section) -> tuple[str, ...]:
    """Return the skills of which an agent needs all, from the table ``[agents]``."""
    skills = agents.texts("skills", required=False)
    for skill in skills:
        if skill != skill.strip() or any(letter in skill for letter in ",;"):
            agents.refuse("skills", f"{shown(skill)} is no skill; write a word such as loans")
    return skills
