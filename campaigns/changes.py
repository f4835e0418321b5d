"""Tell in words how two definitions of a campaign differ, for ``campaigns update``.

Every value is written as the campaign file writes it, so that no difference is lost: no
lines means that the definitions are equal.
"""

import json
from datetime import date, timedelta

from campaigns.amd import written_amd
from campaigns.breaker_settings import written_breaker
from campaigns.checks import describe_checks
from campaigns.dispositions import DEFINITIONS
from campaigns.fields import duration_text
from campaigns.message_form import written_message, written_words
from campaigns.model import (
    Callbacks,
    Campaign,
    DialMode,
    Disposition,
    GiveUp,
    MoveTo,
    Question,
    QuestionType,
    RefusalReason,
    Retry,
)
from campaigns.orders.changes import form_lines
from campaigns.pace_settings import written_pace
from campaigns.recording import written_recording
from campaigns.refusals import built_in
from campaigns.scripts import settings as scripts
from campaigns.training_steps import Training
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
        "voice": campaign.voice if campaign.mode is DialMode.BROADCAST else None,
        "consent": campaign.consent or None,
        "starts": campaign.starts,
        "ends": campaign.ends,
        "priority": campaign.priority,
        "dialing.ring_s": campaign.ring_s,
        "dialing.max_attempts": campaign.max_attempts,
        "dialing.abandon_limit": campaign.abandon_limit,
        "where": campaign.where,
        "agents.skills": campaign.skills or None,
    }
    written = {key: _value(value) for key, value in plain.items() if value is not None}
    return (
        written
        | _hours(campaign)
        | _retry(campaign)
        | _callbacks(campaign.callbacks)
        | _training(campaign.training)
        | written_recording(campaign.recording)
        | written_amd(campaign.amd)
        | written_words(campaign.machine_message, "machine_message")
        | written_message(campaign.message)
        | written_words(campaign.abandoned, "abandoned")
        | scripts.written(campaign.script)
        | _talk(campaign)
        | form_lines(campaign.order)
        | describe_checks(campaign.checks)
        | written_pace(campaign.pace)
        | written_breaker(campaign.breaker)
    )


def _value(value: object) -> str:
    return str(value) if isinstance(value, date) else json.dumps(value, ensure_ascii=False)


def _hours(campaign: Campaign) -> dict[str, str]:
    if campaign.hours is None:
        return {}
    days = zip(WEEKDAYS, campaign.hours.days, strict=True)
    return {f"hours.{name}": write_day(day) for name, day in days}


def _retry(campaign: Campaign) -> dict[str, str]:
    of_outcomes = {f"retry.{outcome}": entry for outcome, entry in campaign.retry.items()}
    of_words = {f"retry.disposition.{w}": e for w, e in campaign.retry_dispositions.items()}
    return {key: _entry(entry) for key, entry in (of_outcomes | of_words).items()}


def _entry(entry: Retry) -> str:
    written = [f"after {duration_text(entry.after)}", f"at most {entry.max}"]
    if entry.factor != 1:
        written.append(f"growth {entry.factor}")
    if entry.up_to is not None:
        written.append(f"up_to {duration_text(entry.up_to)}")
    written += ["other_daypart"] * entry.other_daypart + ["other_number"] * entry.other_number
    match entry.then:
        case MoveTo(name):
            written.append(f"then campaign {_value(name)}")
        case GiveUp(reason):
            written.append(f"then give_up {_value(reason)}")
        case None:
            pass
    return ", ".join(written)


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
        written[f"questions.{question.key}"] = _question(question)
    for word in campaign.dispositions:
        written[f"dispositions.{word.code}"] = _word(word)
    for reason in reasons:
        written[f"refusal_reasons.{reason.code}"] = _reason(reason)
    return {key: value for key, value in written.items() if value}


def _question(question: Question) -> str:
    told = [question.type.value, _value(question.text)]
    if question.choices:
        told.append(_value(question.choices))
    if question.type is QuestionType.SCALE:
        told.append(f"{question.low} to {question.high}")
    if question.required:
        told.append("required")
    if question.asked_if:
        told.append(f"asked_if {_value(question.asked_if)}")
    return ", ".join(told)


def _word(word: Disposition) -> str:
    told = [word.kind.value, _value(word.label)]
    if word.definition != DEFINITIONS[word.kind]:
        told.append(f"definition {_value(word.definition)}")
    if word.hidden:
        told.append("hidden")
    if word.form:
        told.append(f"form {_value(word.form)}")
    return ", ".join(told)


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
            when = f"{duration_text(offer.before)} before"
        else:
            when = f"after {duration_text(offer.after or timedelta())}"
        told.append(f"offer {_value(offer.campaign)} {when}")
    return ", ".join(told)


def _callbacks(callbacks: Callbacks) -> dict[str, str]:
    plain = Callbacks()
    written = {}
    if callbacks.owned:
        written["callbacks.owner"] = _value("agent")
    if callbacks.grace != plain.grace:
        written["callbacks.grace"] = duration_text(callbacks.grace)
    return written


def _training(training: Training) -> dict[str, str]:
    counts = {"practice": training.practice, "supervised": training.supervised}
    return {f"training.{step}": str(count) for step, count in counts.items() if count}
