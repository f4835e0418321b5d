"""Tell in words how two definitions of a campaign differ, for ``campaigns update``.

Every value is written as the campaign file writes it, so that no difference is lost: no
lines means that the definitions are equal.
"""

import json
from collections.abc import Mapping
from datetime import date, timedelta

from campaigns.fields import UNITS_S
from campaigns.model import (
    Callbacks,
    Campaign,
    KeyAction,
    KeyMeaning,
    Outcome,
    RefusalReason,
    Retry,
)
from campaigns.refusals import built_in
from campaigns.windows import WEEKDAYS, write_day

_ABSENT = "none"


def describe_changes(old: Campaign, new: Campaign) -> tuple[str, ...]:
    """Return one line for each changed key, like "dialing.ring_s: 25 -> 30"."""
    before, after = _written(old), _written(new)
    return tuple(
        f"{key}: {before.get(key, _ABSENT)} -> {after.get(key, _ABSENT)}"
        for key in dict.fromkeys([*before, *after])
        if before.get(key) != after.get(key)
    )


def _written(campaign: Campaign) -> dict[str, str]:
    plain = {
        "name": campaign.name,
        "lists": campaign.lists,
        "mode": campaign.mode,
        "trunk": campaign.trunk,
        "caller_id": campaign.caller_id,
        "seller": campaign.seller,
        "purpose": campaign.purpose,
        "audience": campaign.audience,
        "consent": campaign.consent or None,
        "starts": campaign.starts,
        "ends": campaign.ends,
        "priority": campaign.priority,
        "dialing.ring_s": campaign.ring_s,
        "dialing.max_attempts": campaign.max_attempts,
        "dialing.abandon_limit": campaign.abandon_limit,
        "script.file": campaign.script,
        "where": campaign.where,
    }
    written = {key: _value(value) for key, value in plain.items() if value is not None}
    return (
        written
        | _hours(campaign)
        | _retry(campaign.retry)
        | _callbacks(campaign.callbacks)
        | _message(campaign)
        | _talk(campaign)
    )


def _value(value: object) -> str:
    return str(value) if isinstance(value, date) else json.dumps(value, ensure_ascii=False)


def _hours(campaign: Campaign) -> dict[str, str]:
    if campaign.hours is None:
        return {}
    days = zip(WEEKDAYS, campaign.hours.days, strict=True)
    return {f"hours.{name}": write_day(day) for name, day in days}


def _retry(retry: Mapping[Outcome, Retry]) -> dict[str, str]:
    return {
        f"retry.{outcome}": f"after {_duration(entry.after)}, at most {entry.max}"
        for outcome, entry in retry.items()
    }


def _duration(duration: timedelta) -> str:
    seconds = int(duration.total_seconds())
    unit = max((unit for unit in UNITS_S if seconds % UNITS_S[unit] == 0), key=UNITS_S.__getitem__)
    return f"{seconds // UNITS_S[unit]}{unit}"


def _message(campaign: Campaign) -> dict[str, str]:
    if campaign.message is None:
        return {}
    keys = {f"message.keys.{key}": _meaning(what) for key, what in campaign.message.keys.items()}
    return {"message.sound": _value(campaign.message.sound)} | keys


def _meaning(meaning: KeyMeaning) -> str:
    if meaning.action is KeyAction.ANSWER:
        return _value(f"answer:{meaning.question}={meaning.answer}")
    return _value(meaning.action)


def _talk(campaign: Campaign) -> dict[str, str]:
    """Write what agents ask and choose, and in which order."""
    # The built-in reasons stand in no file.
    reasons = () if campaign.refusal_reasons == built_in() else campaign.refusal_reasons
    written = {
        "questions": ", ".join(question.key for question in campaign.questions),
        "dispositions": ", ".join(word.code for word in campaign.dispositions),
        "refusal_reasons": ", ".join(reason.code for reason in reasons),
    }
    for question in campaign.questions:
        choices = f", {_value(question.choices)}" if question.choices else ""
        written[f"questions.{question.key}"] = f"{question.type}, {_value(question.text)}{choices}"
    for word in campaign.dispositions:
        hidden = ", hidden" if word.hidden else ""
        written[f"dispositions.{word.code}"] = f"{word.kind}, {_value(word.label)}{hidden}"
    for reason in reasons:
        written[f"refusal_reasons.{reason.code}"] = _reason(reason)
    return {key: value for key, value in written.items() if value}


def _reason(reason: RefusalReason) -> str:
    told = [_value(reason.label)]
    if reason.group != RefusalReason(code="", label="").group:
        told.append(f"group {_value(reason.group)}")
    if reason.needs:
        told.append(f"needs {reason.needs}")
    if reason.hard:
        told.append("hard")
    if (offer := reason.offer) is not None:
        if offer.before is not None:
            when = f"{_duration(offer.before)} before"
        else:
            when = f"after {_duration(offer.after or timedelta())}"
        told.append(f"offer {_value(offer.campaign)} {when}")
    return ", ".join(told)


def _callbacks(callbacks: Callbacks) -> dict[str, str]:
    plain = Callbacks()
    written = {}
    if callbacks.owned:
        written["callbacks.owner"] = _value("agent")
    if callbacks.grace != plain.grace:
        written["callbacks.grace"] = _duration(callbacks.grace)
    return written
