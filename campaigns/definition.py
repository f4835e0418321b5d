"""Read a campaign file: its TOML text in, a `Campaign` or every problem in it out.

The key names are the ones users have in their files under version control. A key that is
part of the format but that this version does not act on is refused, never ignored. What
is read here is not judged against the law (`campaigns.gates`) or the base: whether a list
exists, or a sound file, is for the caller to find out.
"""

import re
import tomllib
from collections.abc import Collection, Sequence

from campaigns.amd import read_amd
from campaigns.breaker_settings import read_breaker
from campaigns.checks import read_checks
from campaigns.dispositions import read_dispositions
from campaigns.fields import Section, nearest, not_toml, shown
from campaigns.message_form import (
    read_abandoned,
    read_machine_message,
    read_message,
    read_voice,
)
from campaigns.model import (
    Callbacks,
    Campaign,
    DialMode,
    Hours,
    QueueOrder,
)
from campaigns.orders.definition import FORM, read_form
from campaigns.orders.model import OrderForm
from campaigns.pace_settings import read_pace
from campaigns.questions import read_questions
from campaigns.recording import read_recording
from campaigns.refusals import read_reasons
from campaigns.retry_table import read_outcomes, read_words
from campaigns.scripts.settings import read_script
from campaigns.skills import read_skills
from campaigns.training_steps import read_training
from campaigns.windows import read_days
from leads.consent_rules import KIND, KIND_RULE
from leads.problems import Problem
from leads.segments import parse

PURPOSES = ("sales", "fundraising", "survey", "political", "collections", "service")
AUDIENCES = ("consumer", "business")
CALLERS = ("company", "nonprofit", "hired")
_OWNERS = ("any", "agent")

MAX_ABANDONED = 0.03
"""Highest share of live-answered calls that may be abandoned; a campaign may only go lower.

Source: US 16 CFR 310.4(b)(4)(i).
"""

_MODES = tuple(mode.value for mode in DialMode)

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def read_definition(
    text: str, *, trunks: Collection[str] | None = None
) -> Campaign | tuple[Problem, ...]:
    """Return the campaign that the text of a campaign file defines, or all its problems.

    `trunks` are the names the configuration knows; None where they are not at hand, and
    then any name will do.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as fault:
        return (not_toml(fault),)
    problems: list[Problem] = []
    campaign = _read(Section(document, problems), trunks)
    return tuple(problems) or campaign


def _read(file: Section, trunks: Collection[str] | None) -> Campaign:
    mode = _mode(file)
    dialing = file.section("dialing")
    abandon_limit = dialing.share("abandon_limit", MAX_ABANDONED)
    questions = read_questions(file)
    message = read_message(file, mode, questions)
    amd = read_amd(dialing, mode)
    to_machines = read_machine_message(file, amd)
    words = file.sections("dispositions")
    dispositions = read_dispositions(file, words)
    name, retry = file.text("name"), file.section("retry")
    campaign = Campaign(
        name=name,
        lists=file.texts("lists"),
        mode=mode,
        trunk=_trunk(file, trunks),
        caller_id=_caller_id(file),
        seller=file.text("seller"),
        purpose=file.choice("purpose", PURPOSES),
        audience=file.choice("audience", AUDIENCES, default=AUDIENCES[0]),
        consent=_consent(file),
        starts=file.day("starts"),
        ends=file.day("ends"),
        priority=file.whole("priority", 0, 100, default=50),
        hours=_hours(file),
        ring_s=dialing.whole("ring_s", 5, 120, default=25),
        max_attempts=dialing.whole("max_attempts", 1, 99, default=6),
        abandon_limit=abandon_limit,
        retry=read_outcomes(retry, mode, own_name=name),
        retry_dispositions=read_words(retry, dispositions, own_name=name),
        message=message,
        script=read_script(file),
        questions=questions,
        dispositions=dispositions,
        refusal_reasons=read_reasons(file, campaign=name),
        where=_where(file),
        caller=file.choice("caller", CALLERS, default=CALLERS[0]),
        topics=file.texts("topics", required=False),
        voice=read_voice(file, mode, message, to_machines),
        queue=_queue(file),
        callbacks=_callbacks(file),
        training=read_training(file),
        order=read_form(file),
        skills=read_skills(file.section("agents")),
        checks=read_checks(file),
        recording=read_recording(file),
        pace=read_pace(dialing, mode.value, abandon_limit=abandon_limit),
        amd=amd,
        breaker=read_breaker(file),
        abandoned=read_abandoned(file, mode, message),
        machine_message=to_machines,
    )
    _check_forms(file, words, campaign.order)
    if campaign.starts and campaign.ends and campaign.ends < campaign.starts:
        file.refuse("ends", f"{campaign.ends} is before the start, {campaign.starts}")
    file.close()
    return campaign


def _check_forms(file: Section, words: Sequence[Section], form: OrderForm | None) -> None:
    takers = [word for word in words if word.held("form") == FORM]
    if takers and form is None:
        taker = shown(takers[0].held("code"))
        why = f"is missing, and {taker} takes one; write what is in it, in [order.fields]"
        file.refuse("order", why)
    if form is not None and not takers and bool(words) is file.has("dispositions"):
        why = 'no disposition takes one; add form = "order" to that for which it is filled in'
        file.refuse("order", why)


def _queue(file: Section) -> QueueOrder:
    queue = file.section("queue")
    priority = queue.text("priority", required=False)
    by = queue.text("by", required=False)
    return QueueOrder(priority=priority, by=by or "imported")


def _callbacks(file: Section) -> Callbacks:
    callbacks = file.section("callbacks")
    owner = callbacks.choice("owner", _OWNERS, default=_OWNERS[0])
    grace = callbacks.rest("grace") if callbacks.has("grace") else Callbacks().grace
    callbacks.expect(["grace"])
    return Callbacks(owned=owner == "agent", grace=grace)


def _where(file: Section) -> str | None:
    """Return the segment; whether what it names exists is for the caller to find out."""
    text = file.text("where", required=False, lines=True)
    if not text.strip():
        return None
    read = parse(text)
    if isinstance(read, Problem):
        file.refuse(f"where, {read.where}", read.why)
    return text


def _mode(file: Section) -> DialMode:
    likely = DialMode.BROADCAST if file.has("message") else DialMode.PROGRESSIVE
    return DialMode(file.choice("mode", _MODES, likely=likely))


def _trunk(file: Section, trunks: Collection[str] | None) -> str:
    trunk = file.text("trunk")
    if trunk and trunks is not None and trunk not in trunks:
        known = sorted(trunks)
        hint = f"the nearest is {nearest(trunk, known)!r}" if known else "it names none"
        file.refuse("trunk", f"{shown(trunk)} is not a trunk of the configuration; {hint}")
    return trunk


def _caller_id(file: Section) -> str:
    caller_id = file.text("caller_id")
    if caller_id and not _E164.fullmatch(caller_id):
        file.refuse("caller_id", f'must be a number like "+4721000000", not {shown(caller_id)}')
    return caller_id


def _consent(file: Section) -> tuple[str, ...]:
    kinds = file.texts("consent", required=False)
    for kind in kinds:
        if not KIND.fullmatch(kind):
            file.refuse("consent", f"{shown(kind)} is no kind of consent; write {KIND_RULE}")
    return kinds


def _hours(file: Section) -> Hours | None:
    if not file.has("hours"):
        return None
    hours = file.section("hours")
    hours.unsupported("holiday")
    days, understood = read_days(hours)
    if understood and not any(days):
        hours.refuse_whole('opens on no day; write for example mon_fri = [["10:00", "20:00"]]')
    return Hours(days=days)
