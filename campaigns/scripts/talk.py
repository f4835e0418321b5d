"""Everything that is said to one person: the opening, the script, the drawer; pure."""

from collections.abc import Iterable, Mapping, Sequence

from campaigns.model import Campaign, QuestionType
from campaigns.rules.model import Duty
from campaigns.scripts.opening import Opening, opening
from campaigns.scripts.render import Rendered, render
from campaigns.scripts.texts import ScriptTexts
from campaigns.scripts.values import Person

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
    then = _script(campaign, script, person, answers)
    return {
        "script": then.text,
        "script_version": None if script is None else script.version,
        "opening": first.text,
        "opening_language": first.language,
        "opening_rules": _documents(first, duties=False),
        "duties": _documents(first, duties=True),
        "drawer": [{"title": leaf.title, "text": leaf.text} for leaf in then.drawer],
    }


def _script(
    campaign: Campaign, script: ScriptTexts | None, person: Person, answers: Answers
) -> Rendered:
    if script is None:
        return Rendered(text=None)
    several = frozenset(
        question.key for question in campaign.questions if question.type is QuestionType.MULTI
    )
    return render(script, person, answers, several)


def _documents(first: Opening, *, duties: bool) -> list[dict[str, object]]:
    return [ground.document() for ground in (first.duties if duties else first.grounds)]
