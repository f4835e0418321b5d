"""What a call through the lab looks like to Ringbank, for every kind of person."""

import time

import pytest

from dialer import actions
from dialer.asterisk.features import QUESTIONS, missing
from tests.waiting import until

SHORT_MESSAGE = {"RINGBANK_MODE": "broadcast", "RINGBANK_SOUND_1": "auth-thankyou"}


@pytest.mark.parametrize(
    ("ending", "cause"),
    [("20", "17"), ("40", "1"), ("50", "34")],
    ids=["busy", "dead", "congested"],
)
def test_a_call_the_network_refuses_ends_with_the_networks_cause(link, number, ending, cause):
    attempt = link.originate(number(ending))
    assert link.hangup(attempt)["Cause"] == cause
    failed = link.stage(attempt, "failed")
    assert failed["Answered"] == ""
    assert link.marks()[attempt]["stage"] == "failed"


def test_a_call_nobody_answers_rings_out(link, number):
    attempt = link.originate(number("30"), ring_ms=700)
    assert link.stage(attempt, "failed")["Reason"] == "3"
    assert link.hangup(attempt)["Cause"] == "19"
    assert link.marks()[attempt]["reason"] == "3"


def test_a_person_no_agent_reaches_hears_the_sorry_message(link, number):
    attempt = link.originate(number("00"))
    assert link.hangup(attempt)["Cause"] == "16"
    assert link.stages(attempt) == ["answered", "waiting", "abandoned", "ended"]
    mark = link.marks()[attempt]
    assert (mark["stage"], mark["last"], mark["connected"]) == ("ended", "abandoned", "")
    assert 1.0 < float(mark["ended"]) - float(mark["answered"]) < 6
    assert abs(float(mark["answered"]) - time.time()) < 10


def test_a_person_who_leaves_while_waiting_is_not_abandoned(link, number):
    attempt = link.originate(number("65"))
    link.hangup(attempt)
    assert link.stages(attempt) == ["answered", "waiting", "ended"]
    assert link.marks()[attempt]["last"] == "waiting"


def test_a_person_is_moved_into_the_room_of_the_waiting_agent(link, number):
    agent = agent_on_the_line(link, number, room="7")
    attempt = link.originate(number("01"))
    link.stage(attempt, "waiting")
    redirected = time.monotonic()
    redirect(link, attempt, "ringbank-room", "7")
    link.until(Event="ConfbridgeJoin", Uniqueid=attempt, Conference="7")
    assert time.monotonic() - redirected < 0.2
    link.send("Hangup", Channel=channel(link, agent))
    link.hangup(attempt)
    assert link.stages(attempt) == ["answered", "waiting", "connected", "ended"]
    mark = link.marks()[attempt]
    assert mark["last"] == "connected"
    assert float(mark["answered"]) <= float(mark["connected"]) <= float(mark["ended"])


def test_a_person_is_never_left_alone_in_an_empty_room(link, number):
    attempt = link.originate(number("02"))
    link.stage(attempt, "waiting")
    redirect(link, attempt, "ringbank-room", "8")
    link.hangup(attempt)
    assert link.stages(attempt) == ["answered", "waiting", "abandoned", "ended"]


def test_an_agent_whose_line_failed_leaves_the_person_to_the_sorry_message(link, number):
    attempt = link.originate(number("03"))
    link.stage(attempt, "waiting")
    redirect(link, attempt, "ringbank-agent", "sorry")
    link.stage(attempt, "abandoned", within=0.9)
    link.hangup(attempt)
    assert link.marks()[attempt]["last"] == "abandoned"


def test_a_redirect_that_comes_too_late_does_not_undo_abandonment(link, number):
    agent_on_the_line(link, number, room="9")
    attempt = link.originate(number("04"), variables={"RINGBANK_SORRY": "vm-theperson"})
    link.stage(attempt, "abandoned")
    redirect(link, attempt, "ringbank-room", "9")
    link.hangup(attempt)
    assert link.stages(attempt) == ["answered", "waiting", "abandoned", "ended"]


def test_a_key_with_a_meaning_is_kept_and_thanked_for(link, number):
    attempt = link.originate(number("75"), variables={"RINGBANK_MODE": "broadcast"})
    assert link.stage(attempt, "key")["Key"] == "5"
    link.hangup(attempt)
    assert link.stages(attempt) == ["answered", "message", "key", "ended"]
    mark = link.marks()[attempt]
    assert (mark["key"], mark["last"]) == ("5", "key")
    assert float(mark["message"]) >= float(mark["answered"])


def test_a_key_that_asks_for_an_agent_makes_the_person_wait_for_one(link, number):
    attempt = link.originate(number("71"), variables={"RINGBANK_MODE": "broadcast"})
    link.hangup(attempt)
    assert link.stages(attempt) == [
        "answered", "message", "key", "waiting", "abandoned", "ended",
    ]  # fmt: skip


def test_a_key_without_a_meaning_counts_and_the_message_is_heard_again(link, number):
    attempt = link.originate(number("70"), variables=SHORT_MESSAGE)
    assert link.stage(attempt, "key")["Key"] == "0"
    ended = link.hangup(attempt)
    assert ended["Cause"] == "16"
    mark = link.marks()[attempt]
    assert (mark["key"], mark["last"]) == ("0", "key")
    # Cut short by the key, then heard once more (1 s) with its wait for a key (3 s).
    assert float(mark["ended"]) - float(mark["message"]) > 4


def test_a_person_who_presses_nothing_is_let_go_after_the_message(link, number):
    attempt = link.originate(number("05"), variables=SHORT_MESSAGE)
    link.hangup(attempt)
    assert link.stages(attempt) == ["answered", "message", "ended"]
    assert link.marks()[attempt]["last"] == "message"


def test_marks_are_written_when_the_engine_is_gone(lab, link, number, link_to):
    dying = link_to(lab)
    answered = dying.originate(number("06"))
    refused = dying.originate(number("21"))
    dying.close()
    link.stage(answered, "ended")
    link.stage(refused, "failed")
    marks = link.marks()
    assert marks[answered]["last"] == "abandoned"
    assert marks[refused]["stage"] == "failed"


def test_many_marks_are_deleted_at_once_with_the_permissions_ringbank_has(link, number):
    attempts = [link.originate(number("22")) for _ in range(9)]
    kept = link.originate(number("22"))
    for attempt in (*attempts, kept):
        link.stage(attempt, "failed")
    assert {*attempts, kept} <= link.marks().keys()
    (action,) = actions.forget(["rb-nobody-keeps-it", *attempts])
    assert link.send(action.name, **dict(action.fields))["Response"] == "Success"
    until(lambda: not {*attempts} & link.marks().keys())
    assert kept in link.marks()


def test_the_manager_user_cannot_run_a_shell(link, number):
    forged = link.send(
        "Originate", Channel=f"PJSIP/{number('07')}@carrier", Application="System", Data="true"
    )
    assert forged["Response"] == "Error"
    assert link.send("Command", Command="core show version")["Response"] == "Error"
    assert link.send("Setvar", Variable="SHELL(true)", Value="1")["Response"] == "Error"


def test_lists_are_answered_in_full_through_the_event_filter(link, number):
    attempt = link.originate(number("08"))
    link.stage(attempt, "waiting")
    answer = link.send("CoreShowChannels")
    link.until(Event="CoreShowChannelsComplete", ActionID=answer["ActionID"])
    shown = link.until(Event="CoreShowChannel", Uniqueid=attempt)
    assert shown["Context"] == "ringbank-agent"
    link.hangup(attempt)


def test_only_the_events_that_are_used_are_sent(link, number):
    link.hangup(link.originate(number("09")))
    assert {event["Event"] for event in link.events} <= {
        "FullyBooted", "Newchannel", "Newstate", "Hangup", "OriginateResponse", "UserEvent",
        "ConfbridgeJoin", "ConfbridgeLeave",
    }  # fmt: skip
    assert link.until(Event="Newstate", ChannelStateDesc="Up")


def test_a_server_with_the_fragments_lacks_nothing(link):
    version = link.send("CoreSettings")["AsteriskVersion"]
    answers = {
        question: link.send("Getvar", Variable=question).get("Value", "") for question in QUESTIONS
    }
    assert missing(version, answers) == ()


def test_a_server_without_the_dialplan_is_told_what_it_lacks(link):
    answer = link.send("Getvar", Variable="DIALPLAN_EXISTS(ringbank-elsewhere,s,1)")
    assert answer.get("Value") == "0"
    module = link.send("Getvar", Variable="IFMODULE(app_elsewhere.so)")
    assert module.get("Value") == "0"


def test_the_pbx_says_that_it_is_the_lab(lab, link):
    assert link.send("Getvar", Variable="RINGBANK_LAB")["Value"] == lab.token


def agent_on_the_line(link, number, *, room):
    agent = link.originate(
        number("99"),
        context="ringbank-agent-line",
        exten=room,
        variables={"RINGBANK_AGENT": f"agent-{room}"},
    )
    told = link.until(UserEvent="RingbankAgent", Agent=f"agent-{room}")
    assert (told["Room"], told["Stage"]) == (room, "joined")
    link.until(Event="ConfbridgeJoin", Uniqueid=agent, Conference=room)
    return agent


def redirect(link, attempt, context, extension):
    answer = link.send(
        "Redirect",
        Channel=channel(link, attempt),
        Context=context,
        Exten=extension,
        Priority=1,
    )
    assert answer["Response"] == "Success", answer


def channel(link, attempt):
    return link.until(Event="Newchannel", Uniqueid=attempt)["Channel"]
