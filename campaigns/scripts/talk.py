"""Everything that is said to one person: the opening, the script, the drawer; pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from campaigns.model import Campaign, QuestionType
from campaigns.rules.model import Duty
from campaigns.scripts.opening import Opening, opening
from campaigns.scripts.texts import ScriptTexts
from campaigns.scripts.values import Person

if TYPE_CHECKING:
    from campaigns.scripts.render import Leaf

Answers = Mapping[str, Sequence[str]]
"""Question -> what was answered; several where a question takes several."""


def to_say(
    campaign: Campaign,
    script: ScriptTexts | None,
    person: Person,
    answers: Answers,
    duties: Iterable[Duty],
    *,
    recorded: bool,
) -> dict[str, object]:
    """Return what an agent is shown to say, as the document of a person has it.

    Args:
        campaign: whose call it is.
        script: its script of the version that is shown, or None.
        person: what script and opening may know.
        answers: those given so far.
        duties: the rules that hold where the person may be and that no gate asks.
        recorded: the talk is recorded.
    """
    first = opening(
        campaign, script, duties, agent=person.agent, language=person.language, recorded=recorded
    )
    text, drawer = _script(campaign, script, person, answers)
    return {
        "script": text,
        "script_version": None if script is None else script.version,
        "opening": first.text,
        "opening_language": first.language,
        "opening_rules": _documents(first, duties=False),
        "duties": _documents(first, duties=True),
        "drawer": [{"title": leaf.title, "text": leaf.text} for leaf in drawer],
    }


def _script(
    campaign: Campaign, script: ScriptTexts | None, person: Person, answers: Answers
) -> "tuple[str | None, tuple[Leaf, ...]]":
    """Return the text and the drawer; Jinja2 is only loaded where there is a text."""
    if script is None or not script.texts:
        return None, ()
    from campaigns.scripts.render import render

    several = frozenset(
        question.key for question in campaign.questions if question.type is QuestionType.MULTI
    )
    then = render(script, person, answers, several)
    return then.text, then.drawer


def _documents(first: Opening, *, duties: bool) -> list[dict[str, object]]:
    return [ground.document() for ground in (first.duties if duties else first.grounds)]
