"""What came of holding results against the records of their calls, told in words; pure."""

from collections.abc import Collection, Iterator, Mapping

from campaigns.explain_text import utc
from campaigns.model import HAND_DIALLED
from campaigns.truth import Mark
from campaigns.truth_values import Claim, Marked, Reconciled

_MARKS = (Mark.OK, Mark.EXPLAIN, Mark.SUSPECT, Mark.SELF_REPORTED)


def document(found: Reconciled) -> dict[str, object]:
    """Return it as the JSON of ``ringbank reconcile``."""
    return {
        "results": _counted(found.counted.values()),
        "agents": [
            {"agent": agent, **_counted([marks])} for agent, marks in sorted(found.counted.items())
        ],
        "not_judged": found.not_judged,
        "marked": [
            {
                "attempt_id": one.attempt_id,
                "campaign": one.campaign,
                "agent": one.agent,
                "lead_id": one.lead_id,
                "dialed_at": one.dialed_at,
                "disposition": one.disposition,
                "outcome": one.outcome,
                "talk_s": one.talk_s,
                "mark": one.verdict.mark.word,
                "why": list(one.verdict.why),
            }
            for one in found.marked
        ],
        "findings": [
            {
                "agent": one.agent,
                "campaign": one.campaign,
                "what": one.what,
                "evidence": HAND_DIALLED if one.by_hand else "recorded",
                "why": one.why,
                "attempt_ids": list(one.attempt_ids),
            }
            for one in found.findings
        ],
    }


def _counted(several: Collection[Mapping[Mark, int]]) -> dict[str, int]:
    return {mark.word: sum(one.get(mark, 0) for one in several) for mark in _MARKS}


def lines(found: Reconciled) -> Iterator[str]:
    """Yield the lines that tell what somebody should look at."""
    for one in found.marked:
        yield _of_marked(one)
        for why in one.verdict.why:
            yield f"  {why}"
    for finding in found.findings:
        hand = ", dialled by hand" if finding.by_hand else ""
        yield f"{finding.agent}, {finding.campaign}{hand}: {finding.why}"
        calls = ", ".join(map(str, finding.attempt_ids))
        yield f"  attempts {calls}"


def _of_marked(one: Marked) -> str:
    return (
        f"{one.verdict.mark.word}: attempt {one.attempt_id}, {one.agent}, {one.campaign}, "
        f"{utc(one.dialed_at)}: {one.disposition}"
    )


def summary(found: Reconciled) -> Iterator[str]:
    """Yield how many results there are of each mark, for every agent."""
    counted = _counted(found.counted.values())
    own = counted.pop(Mark.SELF_REPORTED.word)
    yield f"{sum(counted.values())} results held against their calls: {_told(counted)}"
    for agent, marks in sorted(found.counted.items()):
        theirs = _counted([marks])
        yield f"  {agent}: {_told(theirs)}"
    if own:
        yield (
            f"{own} results of calls dialled by hand rest on the agent's word alone; "
            "call some of these people once more"
        )
    if found.not_judged:
        yield f"{found.not_judged} results are of calls that go on"


def _told(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {word}" for word, count in counted.items())


def claim_document(claim: Claim) -> dict[str, object]:
    """Return a claim from elsewhere beside what is recorded, as JSON."""
    return {
        "agent": claim.agent,
        "on": claim.on.isoformat(),
        "claimed": claim.claimed,
        "recorded": claim.recorded,
        HAND_DIALLED: claim.by_hand,
        "difference": claim.difference,
        "unmatched": [
            {
                "attempt_id": one.attempt_id,
                "dialed_at": one.dialed_at,
                "outcome": one.outcome,
                "why": one.why,
            }
            for one in claim.unmatched
        ],
    }


def claim_lines(claim: Claim) -> Iterator[str]:
    """Yield the lines that tell a claim from elsewhere beside what is recorded."""
    hand = f", {claim.by_hand} of them dialled by hand" if claim.by_hand else ""
    yield (
        f"{claim.agent}, {claim.on}: {claim.claimed} claimed, {claim.recorded} recorded{hand}, "
        f"difference {claim.difference:+d}"
    )
    for one in claim.unmatched:
        yield (
            f"  attempt {one.attempt_id}, {utc(one.dialed_at)}, {one.outcome or 'open'}: {one.why}"
        )
