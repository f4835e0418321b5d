"""What is asked of Asterisk, and that its half of the dialplan understands it."""

import re
from dataclasses import replace
from importlib.resources import files

import pytest

from campaigns.amd import Amd
from campaigns.messages import KeyAction, KeyMeaning, Message
from campaigns.model import Campaign, DialMode
from campaigns.supervisions import SupervisionKind
from dialer import actions, returned_actions
from dialer.actions import CALL_PREFIX, LINE_PREFIX, MARKS, Action
from dialer.ami.wire import encode
from dialer.asterisk.features import EXTENSIONS
from dialer.sounds import Sounds
from dialer.watches import place_of
from tests.unit.campaigns.examples import CAMPAIGN, campaign

DIALPLAN = (files("dialer") / "asterisk/templates/ringbank_extensions.conf").read_text()
CODE = "\n".join(line for line in DIALPLAN.splitlines() if not line.startswith(";"))

BROADCAST = campaign(
    mode=DialMode.BROADCAST,
    message=Message(
        sound="tt-allbusy",
        keys={
            "1": KeyMeaning(action=KeyAction.CONNECT),
            "5": KeyMeaning(action=KeyAction.ANSWER, question="support", answer="yes"),
            "9": KeyMeaning(action=KeyAction.DO_NOT_CALL),
            "*": KeyMeaning(action=KeyAction.CONNECT),
        },
    ),
)


def place(what: Campaign = CAMPAIGN, sounds: Sounds | None = None) -> Action:
    channel = "PJSIP/+4722000001@carrier"
    return actions.call("rb-1", channel, what, goodbye="vm-goodbye", sounds=sounds)


def detecting(**settings: object) -> Campaign:
    return campaign(amd=Amd(detect=True, **settings))  # type: ignore[arg-type]


EVERY_ACTION = (
    place(),
    place(detecting(when="before", on_machine="message"), Sounds(machine="vm-intro")),
    actions.call("rb-1", "PJSIP/x", detecting(), goodbye="x", sample="ringbank/amd-rb-1.wav"),
    place(BROADCAST),
    actions.ring_agent("rba-1", "PJSIP/anna", 7, "ringbank"),
    actions.move_to_room("rb-1", 7),
    actions.sound_tone("rba-1"),
    actions.say_goodbye("rb-1"),
    actions.apologise("rb-1"),
    actions.hang_up("rb-1"),
    *actions.forget(["rb-1"]),
    actions.call(
        "rb-1",
        "PJSIP/x",
        CAMPAIGN,
        goodbye="vm-goodbye",
        record=actions.RecordInto("/srv/recordings/rb-1.wav", "rec"),
    ),
    actions.ring_supervisor("rbs-1", "PJSIP/bo", 8, "ringbank", ("ringbank-listen", "74647")),
    *(
        actions.move_line("rbs-1", place_of(kind, 7, 8))
        for kind in SupervisionKind
        if kind not in (SupervisionKind.HELP, SupervisionKind.TRANSFER)
    ),
    *actions.transfer("rb-1", "PJSIP/+4721000055@carrier", "+4721000000", 7),
    actions.silence_recording("rb-1", "silence:1", silent=True),
    *returned_actions.tell(
        "1764.7",
        returned_actions.Telling(
            say="said&menu",
            offer="12",
            hold="hold",
            wait_s=20,
            booked="booked",
            sorry="sorry",
            removed="removed",
        ),
    ),
    returned_actions.move_to_room("1764.7", 7),
    returned_actions.say_booked("1764.7"),
    returned_actions.say_sorry("1764.7"),
    *actions.forget([returned_actions.note_of("1764.7")]),
    returned_actions.keep_sound("removed", "num-was-successfully&removed"),
)


def variables(action: Action) -> dict[str, str]:
    given = (value.partition("=") for name, value in action.fields if name == "Variable")
    return {name: value for name, _, value in given}


def extensions(context: str) -> list[str]:
    """Return the extensions of a context of our dialplan."""
    sections = re.split(r"^\[([\w-]+)\].*$", CODE, flags=re.MULTILINE)
    return re.findall(r"^exten => ([^,]+),", sections[sections.index(context) + 1], re.MULTILINE)


# -- the call to a person ------------------------------------------------------------------


def test_a_call_carries_the_attempts_id_and_rings_as_long_as_the_campaign_says() -> None:
    action = place(campaign(ring_s=40))
    fields = dict(action.fields)
    assert action.name == "Originate"
    assert fields["Channel"] == "PJSIP/+4722000001@carrier"
    assert (fields["ChannelId"], fields["Async"]) == ("rb-1", "true")
    assert fields["Timeout"] == "40000"
    ruled = actions.call("rb-1", "PJSIP/x", campaign(ring_s=40), goodbye="vm-goodbye", ring_s=30)
    assert dict(ruled.fields)["Timeout"] == "30000"
    assert fields["CallerID"] == "+4721000000"
    assert variables(action)["RINGBANK_ATTEMPT"] == "rb-1"


@pytest.mark.parametrize(("wait_s", "written"), [(2.0, "2"), (1.5, "1.5")])
def test_a_person_waits_for_an_agent_as_long_as_the_campaign_allows(
    wait_s: float, written: str
) -> None:
    asked = variables(place(campaign(connect_within_s=wait_s)))
    assert (asked["RINGBANK_MODE"], asked["RINGBANK_CONNECT_S"]) == ("agent", written)
    assert not any(name.startswith("RINGBANK_SOUND") for name in asked)


def test_a_person_waits_less_where_a_rule_of_theirs_says_so() -> None:
    asked = actions.call(
        "rb-1", "PJSIP/x", campaign(connect_within_s=2.0), goodbye="vm-goodbye", connect_s=1.25
    )
    assert variables(asked)["RINGBANK_CONNECT_S"] == "1.25"


def test_a_broadcast_says_what_is_played_and_what_the_keys_do() -> None:
    asked = variables(place(BROADCAST))
    assert (asked["RINGBANK_MODE"], asked["RINGBANK_SOUND_1"]) == ("broadcast", "tt-allbusy")
    assert asked["RINGBANK_CONNECT_KEYS_1"] == "1*"
    assert asked["RINGBANK_ANSWER_KEYS_1"] == "5"
    assert asked["RINGBANK_NEVER_KEYS_1"] == "9"
    assert asked["RINGBANK_LATER_KEYS_1"] == ""


def test_without_detection_the_dialplan_is_told_nothing_of_it() -> None:
    assert not any("AMD" in name or "MACHINE" in name for name in variables(place()))


def test_detection_says_when_it_happens_and_what_becomes_of_a_machine() -> None:
    asked = variables(
        place(detecting(when="before", on_machine="message"), Sounds(machine="vm-intro"))
    )
    assert (asked["RINGBANK_AMD"], asked["RINGBANK_ON_MACHINE"]) == ("before", "message")
    assert asked["RINGBANK_MACHINE_SOUND"] == "vm-intro"
    hung_up_on = variables(place(detecting()))
    assert (hung_up_on["RINGBANK_AMD"], hung_up_on["RINGBANK_ON_MACHINE"]) == ("joined", "hang_up")
    assert "RINGBANK_MACHINE_SOUND" not in hung_up_on


def test_whoever_waited_for_the_verdict_waits_so_much_less_for_an_agent() -> None:
    assert variables(place(detecting(when="before")))["RINGBANK_CONNECT_S"] == "1.2"
    assert variables(place(detecting(when="joined")))["RINGBANK_CONNECT_S"] == "2"
    heard_before = replace(BROADCAST, amd=Amd(detect=True, when="before"))
    assert variables(place(heard_before))["RINGBANK_CONNECT_S"] == "2", "from the key on"


def test_a_sample_is_asked_for_by_its_file() -> None:
    assert "RINGBANK_SAMPLE" not in variables(place(detecting()))
    sampled = actions.call("rb-1", "PJSIP/x", detecting(), goodbye="x", sample="f/amd-rb-1.wav")
    assert variables(sampled)["RINGBANK_SAMPLE"] == "f/amd-rb-1.wav"


def test_the_number_is_put_where_the_trunk_wants_it() -> None:
    dialled = actions.dial_string("PJSIP/carrier/sip:{number}@10.0.0.1", "+4722000001")
    assert dialled == "PJSIP/carrier/sip:+4722000001@10.0.0.1"


def test_an_agents_telephone_rings_for_half_a_minute() -> None:
    action = actions.ring_agent("rba-1", "PJSIP/anna", 7, "+4721000000")
    fields = dict(action.fields)
    assert (fields["Channel"], fields["ChannelId"]) == ("PJSIP/anna", "rba-1")
    assert (fields["Timeout"], fields["CallerID"]) == ("30000", "+4721000000")
    assert variables(action) == {"RINGBANK_AGENT": "7"}


# -- the contract with the dialplan ----------------------------------------------------------


def test_every_variable_that_is_sent_is_read_and_the_reverse() -> None:
    sent = {name for action in EVERY_ACTION for name in variables(action) if "(" not in name}
    of_menus = re.findall(r"\$\{(RINGBANK_\w+_)\$\{RB_MENU\}\}", CODE)
    assert sent == {
        *re.findall(r"\$\{(RINGBANK_\w+)\}", CODE),
        *(f"{name}1" for name in of_menus),
    }


@pytest.mark.parametrize("action", EVERY_ACTION, ids=lambda action: action.name)
def test_no_value_would_be_read_otherwise_by_asterisk(action: Action) -> None:
    encode(action.name, action.fields)
    assert not any("," in value for name, value in action.fields if name == "Variable")


@pytest.mark.parametrize(
    "action", [a for a in EVERY_ACTION if "Context" in dict(a.fields)], ids=lambda a: a.name
)
def test_whoever_is_sent_into_the_dialplan_finds_a_place_there(action: Action) -> None:
    fields = dict(action.fields)
    assert fields["Priority"] == "1"
    known = extensions(fields["Context"])
    assert fields["Exten"] in known or ("_X!" in known and fields["Exten"].isdigit())


def test_a_tone_is_whispered_to_the_agents_line_alone() -> None:
    channel = dict(actions.sound_tone("rba-1f").fields)["Channel"]
    whispered = re.fullmatch(r"Local/(rba-1f)@([\w-]+)/n", channel)
    assert whispered, channel
    assert extensions(whispered[2]) == ["_rb[as]-."], "for agents' lines, not for people"
    spied = dict(one.split(",") for one in re.findall(r"ChanSpy\((.*)\)", CODE))
    options = spied["${EXTEN}"]
    assert set("uqW") <= set(options), "one line by its id, unannounced, and never listened to"


def test_a_call_that_fails_comes_back_to_where_its_end_is_noted() -> None:
    assert "failed" in extensions(dict(place().fields)["Context"])


def test_person_and_agent_meet_in_one_room_and_no_two_agents_share_one() -> None:
    line = dict(actions.ring_agent("rba-1", "PJSIP/anna", 7, "ringbank").fields)
    person = dict(actions.move_to_room("rb-1", 7).fields)
    assert line["Exten"] == person["Exten"] == actions.room_of(7)
    assert len({actions.room_of(agent_id) for agent_id in range(2000)}) == 2000


def test_a_note_is_deleted_where_the_dialplan_keeps_it() -> None:
    assert f"Set(DB({MARKS}/${{RINGBANK_ATTEMPT}})=" in CODE
    assert "${SHIFT(RINGBANK_FORGET,:)}" in CODE
    assert f"${{DB_DELETE({MARKS}/" in CODE
    (action,) = actions.forget(["rb-1", "rb-2"])
    assert variables(action) == {"RINGBANK_FORGET": "rb-1:rb-2"}


def test_as_many_notes_are_deleted_at_once_as_asterisk_reads_in_a_line() -> None:
    notes = [f"{actions.CALL_PREFIX}{number:016x}" for number in range(100)]
    several = actions.forget(notes)
    assert len(several) == 3
    for action in several:
        encode(action.name, action.fields)  # no line is too long
    told = [variables(action)["RINGBANK_FORGET"].split(":") for action in several]
    assert [one for some in told for one in some] == notes
    assert actions.forget([]) == ()


def test_the_note_of_a_call_that_came_in_is_deleted_where_the_dialplan_keeps_it() -> None:
    assert f"Set(RB_CONTACT={returned_actions.CONTACT_PREFIX}${{UNIQUEID}})" in CODE
    assert f"Set(DB({MARKS}/${{RB_CONTACT}})=" in CODE
    assert returned_actions.note_of("1764.7") == "rbi-1764.7"


def test_an_asterisk_is_asked_for_every_part_of_the_dialplan() -> None:
    asked = {tuple(one.split(",")) for one in EXTENSIONS}
    contexts = set(re.findall(r"^\[([\w-]+)\]", CODE, re.MULTILINE))
    assert contexts == {context for context, _ in asked}


def test_what_is_said_without_the_engine_is_read_where_it_is_kept() -> None:
    said = returned_actions.SAID
    assert f"Set(DB({said}/${{RINGBANK_OF}})=${{RINGBANK_SOUND}})" in CODE
    assert {"number/${RB_CALLED}", "removed", "sorry"} == set(
        re.findall(rf"\$\{{DB\({said}/([^)]+)\)", CODE)
    )


# -- answers find their way back ---------------------------------------------------------------


def test_an_answer_names_what_was_asked_of_which_channel() -> None:
    assert place().action_id == "originate:rb-1"
    assert actions.ring_agent("rba-1", "PJSIP/anna", 7, "x").action_id == "originate:rba-1"
    assert actions.move_to_room("rb-1", 7).action_id == "redirect:rb-1"
    assert actions.apologise("rb-1").action_id == "redirect:rb-1"


def test_calls_and_agents_lines_cannot_be_mistaken_for_each_other() -> None:
    assert not LINE_PREFIX.startswith(CALL_PREFIX)
    assert not CALL_PREFIX.startswith(LINE_PREFIX)
