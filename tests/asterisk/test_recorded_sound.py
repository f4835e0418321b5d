"""Recording on the real Asterisk: what is in the file, what is not, and what a lack of room does."""

import time

from tests.asterisk.sound import RATE, finished, samples, tones_in
from tests.asterisk.test_lab_calls import redirect
from tests.waiting import until

PERSON, AGENT = 500, 700
TONES = (PERSON, AGENT)


def recorded_talk(link, number, room: str, file: str, **variables: str) -> str:
    """Bring a person who hums to an agent who hums, the talk recorded into a file."""
    link.originate(
        number("17"), context="ringbank-agent-line", exten=room, variables={"RINGBANK_AGENT": room}
    )
    link.until(Event="ConfbridgeJoin", Conference=room)
    attempt = link.originate(number("16"), variables={"RINGBANK_RECORD": file, **variables})
    link.stage(attempt, "waiting")
    redirect(link, attempt, "ringbank-room", room)
    link.stage(attempt, "connected")
    return attempt


def mute(link, attempt: str, state: int) -> None:
    answer = link.send("MixMonitorMute", Channel=attempt, Direction="both", State=state)
    assert answer["Response"] == "Success", answer


def test_a_talk_is_recorded_and_a_pause_is_silence(lab, link, number):
    attempt = recorded_talk(link, number, "746411", "ringbank/paused.wav")
    file = lab.recordings / "paused.wav"
    until(lambda: len(samples(file)) > 2 * RATE, 8)
    mute(link, attempt, 1)
    muted_from = len(samples(file))
    until(lambda: len(samples(file)) > muted_from + 3 * RATE, 8)
    mute(link, attempt, 0)
    muted_to = len(samples(file))
    until(lambda: len(samples(file)) > muted_to + 2 * RATE, 8)
    link.send("Hangup", Channel=attempt)
    ended = link.stage(attempt, "ended")
    assert int(ended["Bytes"]) > 6 * RATE * 2
    assert abs(float(ended["Recorded"]) - float(ended["Connected"])) < 0.5
    time.sleep(0.3)
    sound = finished(file)
    quiet = sound[muted_from + RATE : muted_to - RATE // 2]
    assert len(quiet) > RATE
    assert not quiet.any(), "not one sample of a pause holds anything"
    assert tones_in(sound[:RATE], TONES) == {PERSON, AGENT}
    assert tones_in(sound[-RATE:], TONES) == {PERSON, AGENT}


def test_a_talk_without_a_file_name_is_not_recorded(lab, link, number):
    before = set(lab.recordings.glob("*"))
    attempt = recorded_talk(link, number, "746412", "")
    link.send("Hangup", Channel=attempt)
    ended = link.stage(attempt, "ended")
    assert (ended["Recorded"], ended["Bytes"]) == ("", "")
    assert set(lab.recordings.glob("*")) == before


def test_a_talk_goes_on_when_its_recording_finds_no_place(link, number):
    attempt = recorded_talk(link, number, "746413", "/dev/null/talk.wav")
    link.until(Event="ConfbridgeJoin", Uniqueid=attempt)
    link.send("Hangup", Channel=attempt)
    ended = link.stage(attempt, "ended")
    assert ended["Connected"]
    assert ended["Bytes"] in ("", "-1", "0"), "nothing is there, and the mark says so"


def test_a_full_disk_leaves_a_recording_without_sound(lab, link, number):
    lab.recordings.mkdir(parents=True, exist_ok=True)
    (lab.recordings / "full.wav").symlink_to("/dev/full")
    attempt = recorded_talk(link, number, "746414", "ringbank/full.wav")
    link.until(Event="ConfbridgeJoin", Uniqueid=attempt)
    link.send("Ping")
    link.send("Hangup", Channel=attempt)
    ended = link.stage(attempt, "ended")
    assert ended["Connected"]
    assert ended["Bytes"] in ("", "-1", "0")


def test_a_notice_is_played_to_the_person_before_they_are_in_the_room(link, number):
    attempt = recorded_talk(
        link, number, "746415", "ringbank/notice.wav", RINGBANK_NOTICE="auth-thankyou"
    )
    joined = [e for e in link.events if e.get("Event") == "ConfbridgeJoin"]
    assert attempt not in {event["Uniqueid"] for event in joined}, "the notice comes first"
    link.until(Event="ConfbridgeJoin", Uniqueid=attempt)
    link.send("Hangup", Channel=attempt)
    link.hangup(attempt)


def test_nobody_is_let_into_a_room_that_emptied_during_the_notice(link, number):
    attempt = recorded_talk(
        link, number, "746416", "ringbank/emptied.wav", RINGBANK_NOTICE="tt-allbusy"
    )
    line = link.until(Event="ConfbridgeJoin", Conference="746416")["Uniqueid"]
    link.send("Hangup", Channel=line)
    link.hangup(line)
    assert "abandoned" not in link.stages(attempt), "the notice is still played"
    link.stage(attempt, "abandoned")
    link.hangup(attempt)
    joined = [e["Uniqueid"] for e in link.events if e.get("Event") == "ConfbridgeJoin"]
    assert attempt not in joined, "a silent room, with nobody in it"
