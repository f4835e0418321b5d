"""Who hears whom on the real Asterisk, proven by tones: listening, whispering, stepping in."""

import pytest

from tests.asterisk.sound import Ear
from tests.asterisk.test_lab_calls import channel, redirect

PERSON, AGENT, FIRST, SECOND = 500, 700, 1500, 1900
TONES = (PERSON, AGENT, FIRST, SECOND)
ROOM = "746401"


class Talk:
    """A person and an agent in a room, and supervisors' telephones on the line."""

    def __init__(self, lab, link, number) -> None:
        self.link, self.lab = link, lab
        self.phones = {"person": number("16"), "agent": number("17")}
        self.ids = {"agent": self.line("agent", "ringbank-agent-line", ROOM)}
        link.until(Event="ConfbridgeJoin", Uniqueid=self.ids["agent"], Conference=ROOM)
        self.ids["person"] = link.originate(self.phones["person"])
        link.stage(self.ids["person"], "waiting")
        redirect(link, self.ids["person"], "ringbank-room", ROOM)
        link.until(Event="ConfbridgeJoin", Uniqueid=self.ids["person"])

    def line(self, who: str, context: str, exten: str) -> str:
        return self.link.originate(self.phones[who], context=context, exten=exten, variables={})

    def supervisor(self, who: str, phone: str, context: str) -> None:
        self.phones[who] = phone
        self.ids[who] = self.line(who, context, ROOM)
        self.link.until(UserEvent="RingbankSupervisor", Uniqueid=self.ids[who])

    def move(self, who: str, context: str) -> None:
        redirect(self.link, self.ids[who], context, ROOM)

    def hears(self, who: str, *tones: int) -> None:
        Ear(self.lab.heard(self.phones[who]), TONES).hears(want=set(tones))

    def hang_up(self, who: str) -> None:
        self.link.send("Hangup", Channel=channel(self.link, self.ids[who]))
        self.link.hangup(self.ids[who])


@pytest.fixture
def talk(lab, link, number) -> Talk:
    return Talk(lab, link, number)


def test_a_supervisor_listens_then_whispers_then_steps_in(talk, number):
    talk.hears("person", AGENT)
    talk.hears("agent", PERSON)
    talk.supervisor("bo", number("18"), "ringbank-listen")
    talk.hears("bo", PERSON, AGENT)
    talk.hears("person", AGENT)
    talk.hears("agent", PERSON)

    talk.move("bo", "ringbank-whisper")
    talk.hears("agent", PERSON, FIRST)
    talk.hears("person", AGENT)
    talk.hears("bo", PERSON, AGENT)

    talk.move("bo", "ringbank-step-in")
    talk.hears("person", AGENT, FIRST)
    talk.hears("agent", PERSON, FIRST)
    talk.hears("bo", PERSON, AGENT)


def test_two_supervisors_at_one_agent_do_not_disturb_each_other(talk, number):
    talk.supervisor("bo", number("18"), "ringbank-listen")
    talk.supervisor("cleo", number("19"), "ringbank-whisper")
    talk.hears("agent", PERSON, SECOND)
    talk.hears("person", AGENT)
    talk.hears("bo", PERSON, AGENT)
    talk.hears("cleo", PERSON, AGENT)
    talk.hang_up("cleo")
    talk.hears("agent", PERSON)
    talk.hears("bo", PERSON, AGENT)


def test_listening_ends_with_the_talk_without_any_engine(talk, link, number):
    talk.supervisor("bo", number("18"), "ringbank-listen")
    talk.hang_up("person")
    assert link.hangup(talk.ids["bo"])["Cause"] == "16"
    talk.hears("agent")


def test_a_person_keeps_the_supervisor_when_the_agents_telephone_drops(talk, link, number):
    talk.supervisor("bo", number("18"), "ringbank-step-in")
    talk.hears("person", AGENT, FIRST)
    talk.hang_up("agent")
    talk.hears("person", FIRST)
    talk.hears("bo", PERSON)
    talk.hang_up("bo")
    link.hangup(talk.ids["person"])


def test_a_person_is_moved_to_another_number_and_only_its_telephone_hears_them(talk, link, number):
    second_level = number("19")
    transfer(talk, second_level)
    link.until(UserEvent="RingbankTransfer", Attempt=talk.ids["person"], Stage="answered")
    talk.phones["second"] = second_level
    talk.hears("person", SECOND)
    talk.hears("second", PERSON)
    talk.hears("agent")
    talk.hang_up("person")


def test_a_person_who_was_listened_to_is_moved_on_and_heard(talk, link, number):
    talk.supervisor("bo", number("18"), "ringbank-listen")
    talk.hears("bo", PERSON, AGENT)
    second_level = number("19")
    link.send("Hangup", Channel=channel(link, talk.ids["bo"]))
    transfer(talk, second_level)
    link.until(UserEvent="RingbankTransfer", Attempt=talk.ids["person"], Stage="answered")
    talk.phones["second"] = second_level
    talk.hears("second", PERSON)
    talk.hears("person", SECOND)


@pytest.mark.parametrize(("ending", "why"), [("20", "BUSY"), ("50", "CONGESTION")])
def test_a_person_comes_back_when_the_other_number_cannot_be_reached(
    talk, link, number, ending, why
):
    transfer(talk, number(ending))
    failed = link.until(UserEvent="RingbankTransfer", Attempt=talk.ids["person"], Stage="failed")
    assert failed["Why"] == why
    talk.hears("person", AGENT)
    talk.hears("agent", PERSON)
    link.send("Ping")  # reads what has come in meanwhile
    stages = link.stages(talk.ids["person"])
    assert stages == ["answered", "waiting", "connected", "connected"]
    ups = [e["Connected"] for e in link.events if e.get("Stage") == "connected"]
    assert len(set(ups)) == 1, "the moment of the connection stays the first one"


def transfer(talk: Talk, number: str) -> None:
    for name, value in (
        ("RINGBANK_TO", f"PJSIP/{number}@carrier"),
        ("RINGBANK_TO_CALLER_ID", "+4721000000"),
        ("RINGBANK_ROOM", ROOM),
    ):
        answer = talk.link.send("Setvar", Channel=talk.ids["person"], Variable=name, Value=value)
        assert answer["Response"] == "Success", answer
    redirect(talk.link, talk.ids["person"], "ringbank-transfer", "s")
