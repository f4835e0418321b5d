"""What an audit came to, as a document and in lines; pure."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime

from campaigns.abandonment import Share
from campaigns.audit_values import Abandonment, Audit, NotAllowed
from campaigns.explain_text import utc
from campaigns.rules.words import dates, says

NOTE = (
    "no machine detection ends a call, so that none of its errors are counted; "
    "waiting is measured from the answer"
)
"""What is to be known of every share."""


def document(audit: Audit) -> dict[str, object]:
    """Return what an audit came to as the JSON of ``ringbank audit``."""
    return {
        "attempts": audit.attempts,
        "allowed": audit.allowed,
        "not_allowed": [_not_allowed(one) for one in audit.not_allowed],
        "not_judged": _counted("why", audit.not_judged),
        "not_known": _counted("what", audit.unknown),
        "abandonment": [_abandonment(one) for one in audit.abandonment],
        "not_measured": audit.not_measured,
        "note": NOTE,
    }


def _counted(what: str, found: Mapping[str, int]) -> list[dict[str, object]]:
    return [{what: words, "attempts": found[words]} for words in sorted(found)]


def _not_allowed(one: NotAllowed) -> dict[str, object]:
    return {
        "attempt_id": one.attempt_id,
        "lead_id": one.lead_id,
        "mode": one.mode,
        "dialed_at": _iso(one.dialed_at),
        "judged_at": _iso(one.judged_at),
        "rule_set": one.rule_set,
        "refusals": [
            {
                "gate": refusal.gate,
                "rule": refusal.rule,
                "why": refusal.why,
                "source": refusal.source,
                "until": refusal.until and _iso(refusal.until),
            }
            for refusal in one.refusals
        ],
    }


def _abandonment(one: Abandonment) -> dict[str, object]:
    rule = one.rule
    return {
        "rule": rule.id,
        "jurisdiction": rule.id.partition(".")[0],
        "source": list(rule.source),
        "valid": dates(rule) or None,
        "max_rate": rule.max_rate,
        "safe_harbor": rule.safe_harbor,
        "numerator": list(rule.numerator),
        "numerator_minus": list(rule.numerator_minus),
        "denominator": list(rule.denominator),
        "period": {"kind": rule.period.value, "n": rule.n},
        "periods": [_share(share) for share in one.shares],
    }


def _share(one: Share) -> dict[str, object]:
    return {
        "begins": _iso(one.begins),
        "ends": _iso(one.ends),
        "counters": one.counters,
        "numerator": one.numerator,
        "denominator": one.denominator,
        "rate": one.rate,
        "kept": one.kept,
    }


def _iso(moment: date) -> str:
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return moment.isoformat()


def lines(audit: Audit) -> Iterator[str]:
    """Yield the lines that tell what an audit came to."""
    for one in audit.not_allowed:
        taken = "" if one.judged_at == one.dialed_at else f", taken {utc(one.judged_at)}"
        yield f"attempt {one.attempt_id}, lead {one.lead_id}, dialed {utc(one.dialed_at)}{taken}"
        for refusal in one.refusals:
            yield f"  {refusal.gate}: {refusal.rule}: {refusal.why}"
            yield f"    source: {refusal.source}"
    for abandonment in audit.abandonment:
        rule = abandonment.rule
        yield f"abandoned calls by {rule.id}, measured over {says(rule)['measured over']}"
        yield f"  source: {'; '.join(rule.source)}"
        for share in abandonment.shares:
            yield f"  {_period(share)}: {_in_words(share, rule.max_rate)}"


def summary(audit: Audit) -> Iterator[str]:
    """Yield how many attempts were allowed, and what could not be looked at."""
    judged = audit.allowed + len(audit.not_allowed)
    yield (
        f"{audit.attempts} {'attempt' if audit.attempts == 1 else 'attempts'}, "
        f"{judged} of them judged: {audit.allowed} allowed, "
        f"{len(audit.not_allowed)} not allowed"
    )
    for why, count in sorted(audit.not_judged.items()):
        yield f"not judged: {count}, because {why}"
    for what, count in sorted(audit.unknown.items()):
        yield f"of {count} it is not known {what}"
    if audit.not_measured:
        yield f"{audit.not_measured} answered calls are in no share: their rules are not known"
    if audit.abandonment:
        yield NOTE


def _period(share: Share) -> str:
    if isinstance(share.begins, datetime) and isinstance(share.ends, datetime):
        return f"{utc(share.begins)} to {utc(share.ends)}"
    return str(share.begins) if share.begins == share.ends else f"{share.begins} to {share.ends}"


def _in_words(share: Share, max_rate: float | None) -> str:
    counted = ", ".join(f"{name} {count:g}" for name, count in share.counters.items())
    if share.rate is None:
        return f"nobody answered ({counted})" if counted else "no share is named"
    found = f"{share.rate:.2%} ({share.numerator:g} of {share.denominator:g}; {counted})"
    if max_rate is None:
        return f"{found}; no most is named"
    return f"{found}, at most {max_rate:.2%}: {'kept' if share.kept else 'NOT KEPT'}"
