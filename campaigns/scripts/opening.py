"""The words that come first in every talk: who calls, for whom, why; pure.

They are made of the rules that hold for the person (`campaigns.law.Law.duties`) and of the
campaign file's own facts, and stand beside the script: no script can change them or leave
them out. Where no rule asks for them they are said all the same.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from campaigns.model import Campaign
from campaigns.rules.model import Duty
from campaigns.scripts.texts import BASE, ScriptTexts, chosen
from campaigns.scripts.values import one_line

_FILE = Path(__file__).with_name("openings.toml")
_ENGLISH = "en"

_SENTENCE_OF: Mapping[str, str] = {
    "caller_name": "who",
    "seller_name": "who",
    "company": "who",
    "principal_name": "who",
    "purpose": "purpose",
    "nature_of_goods": "about",
    "callback_phone_or_address": "phone",
    "principal_phone": "phone",
    "may_we_go_on": "go_on",
}
"""The keys of a rule's `say` that are sentences of the opening; another one is a duty."""

_LATER, _NOBODY = "after ", "where nobody takes the call"
"""By these words in `by` something is not for the opening of a talk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Why something has to be said or done.

    Attributes:
        rule: its id.
        say: the keys of what it asks for.
        by: until when, in its words, or empty.
        source: the texts it rests on.
    """

    rule: str
    say: tuple[str, ...]
    by: str
    source: str

    def document(self) -> dict[str, object]:
        """Return the same as plain values."""
        return {"rule": self.rule, "say": [*self.say], "by": self.by, "source": self.source}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What has to be said first, and why.

    Attributes:
        text: word for word.
        language: of the words, ISO 639.
        grounds: the rules that ask for it.
        duties: what rules ask for besides, which no sentence of the opening is.
    """

    text: str
    language: str
    grounds: tuple[Ground, ...]
    duties: tuple[Ground, ...]


@cache
def sentences() -> Mapping[str, Mapping[str, Any]]:
    """Return the sentences of every language that we have, by their names."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def opening(
    campaign: Campaign,
    script: ScriptTexts | None,
    duties: Iterable[Duty],
    *,
    agent: str,
    language: str | None,
    recorded: bool,
) -> Opening:
    """Return what has to be said first to a person.

    Args:
        campaign: whose call it is.
        script: for what the call is about, or None.
        duties: those that hold where the person may be.
        agent: the name of who calls.
        language: the person's, or None.
        recorded: the talk is recorded.
    """
    spoken = _spoken(language, script)
    words = sentences()[spoken]
    # A text of the campaign without a language is its author's; better that than none.
    about = script.what_about(language or spoken) if script is not None else ""
    asked: set[str] = set()
    grounds: list[Ground] = []
    further: list[Ground] = []
    for duty in duties:
        if duty.topic == "recording":
            if recorded and duty.says.get("announce") == "yes":
                grounds.append(_ground(duty, ("recorded",)))
            continue
        if duty.topic != "disclosure":
            continue
        said, left = _parted(duty, about=bool(about))
        asked |= {_SENTENCE_OF[key] for key in said}
        if said:
            grounds.append(_ground(duty, said))
        if left:
            further.append(_ground(duty, left))
    facts = {
        "agent": _as_name(agent),
        "seller": one_line(campaign.seller),
        "about": one_line(about).rstrip(".!?"),
        "phone": campaign.caller_id,
    }
    return Opening(
        text=" ".join(words_.format_map(facts) for words_ in _chosen(
            words, asked, campaign.purpose, about=bool(about), recorded=recorded
        )),
        language=spoken,
        grounds=tuple(grounds),
        duties=tuple(further),
    )  # fmt: skip


def _spoken(language: str | None, script: ScriptTexts | None) -> str:
    """Return in which of our languages a person is greeted; English where we have none."""
    base = script.language if script is not None else BASE
    there = sentences()
    if base and script is not None and script.about:
        # What the calls are about cannot be said in the middle of another language.
        language = chosen(language, {*script.about, base}) or base
    return chosen(language, there) or chosen(base, there) or _ENGLISH


def _chosen(
    words: Mapping[str, Any], asked: set[str], purpose: str, *, about: bool, recorded: bool
) -> list[str]:
    said = [words["who"]]
    if about:
        said.append(words["about"])
    if not about or "purpose" in asked:
        said.append(words["purposes"][purpose])
    if "phone" in asked:
        said.append(words["phone"])
    if recorded:
        said.append(words["recorded"])
    if "go_on" in asked:
        said.append(words["go_on"])
    return said


def _parted(duty: Duty, *, about: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what of a disclosure the opening says, and what is left to be done."""
    keys = tuple(filter(None, duty.says.get("say", "").split(", ")))
    by = duty.says.get("by", "")
    if by.startswith(_LATER) or _NOBODY in by:
        return (), keys
    said = tuple(
        key for key in keys if key in _SENTENCE_OF and (about or _SENTENCE_OF[key] != "about")
    )
    return said, tuple(key for key in keys if key not in said)


def _ground(duty: Duty, say: tuple[str, ...]) -> Ground:
    return Ground(rule=duty.id, say=say, by=duty.says.get("by", ""), source="; ".join(duty.source))


def _as_name(agent: str) -> str:
    """Return an agent's name as it is said; a name to log in with is often written small."""
    name = one_line(agent)
    return name.capitalize() if name.islower() and name.isalpha() else name
