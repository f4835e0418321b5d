"""A shift at the screen, key by key, at a desk that the test plays."""

from datetime import timedelta

import pytest

from dialer.screen import keys
from dialer.screen.seat import Do, Rest, Wish
from dialer.screen.talk import Place, Step
from leads.errors import NotAllowedError, RingbankError, UsageError
from tests.unit.dialer.desks import NOW, ORDER, QUESTIONS, Agent, FakeDesk, document


def seated(*names: str, **changed: object) -> Agent:
    """Return an agent with people of these names before them."""
    people = [document(name, **changed) for name in names or ("Åse Lunde", "Per Lunde")]
    mode = str(changed.get("mode", "manual"))
    return Agent(FakeDesk(people, mode=mode, state="preview" if mode == "preview" else "out"))


def bare(**changed: object) -> Agent:
    return seated(questions=[], **changed)


def test_questions_come_one_after_the_other_and_each_answer_renders_the_script() -> None:
    agent = seated()
    assert "Question 1: Who is your provider?" in agent.title, "others may come up"
    agent.press("1")
    assert agent.desk.asked[-1] == ("script", "lease-Åse Lunde", {"provider": ("Telia",)})
    assert agent.talk.person.script == "After {'provider': ('Telia',)}"
    assert "Question 2 of 5: What do you want?" in agent.title
    agent.press("3", "1", "enter", "4")  # several, kept in the order of the choices
    assert "needed: Bound for how long?" in agent.title
    agent.press("12", "enter", "2027-03-01", "enter")
    assert agent.title == "What came of it?"
    agent.press("f2", "4", "enter")
    assert agent.words().answers == (
        "provider=Telia", "wants=speed", "wants=peace", "support=4", "months=12",
        "until=2027-03-01",
    )  # fmt: skip


def test_an_answer_that_brings_up_a_question_is_followed_by_it() -> None:
    agent = seated().press("2")
    assert "Question 2 of 6: Which one?" in agent.title
    agent.press("Ice", "enter", "shift+tab", "shift+tab", "1")
    assert [question.key for question in agent.talk.person.questions if question.asked] == [
        one["key"] for one in QUESTIONS if one["key"] != "which"
    ]
    agent.press("f2", "4", "enter")
    assert agent.words().answers == ("provider=Telia",), "what is not asked is not told"
    kept = [asked for asked in agent.desk.asked if asked[0] == "keep"][-1]
    assert "which=Ice" in kept[2].answers, "and yet it is in the draft"


def test_whoever_chooses_several_is_not_sent_on_by_the_first_of_them() -> None:
    wants, which = (
        next(one for one in QUESTIONS if one["key"] == key) for key in ("wants", "which")
    )
    agent = seated(questions=[wants, which])
    agent.desk.brings = ("wants", "speed")
    assert "Question 1: What do you want?" in agent.title
    agent.press("1", "3")
    assert "Question 1 of 2: What do you want?" in agent.title
    agent.press("enter")
    assert "Question 2 of 2: Which one?" in agent.title
    agent.press("Ice", "enter", "4", "enter")
    assert agent.words().answers == ("wants=speed", "wants=peace", "which=Ice")


@pytest.mark.parametrize(
    ("typed", "told"),
    [("many", "that is no number"), ("nan", "that is no number"), ("", None), ("2,5", None)],
)
def test_a_number_that_is_none_is_told_beside_its_field(typed: str, told: str | None) -> None:
    agent = seated().press("tab", "tab", "tab", typed, "enter")
    assert ("Bound for how long?" in agent.title) is (told is not None)
    assert told is None or told in agent.sees()


def test_the_effect_of_a_result_is_told_before_it_is_chosen() -> None:
    agent = bare()
    assert "Enter:" not in agent.sees()
    agent.press("enter", "enter")
    assert agent.desk.given == [], "Enter alone chooses nothing"
    agent.press("1")
    assert "Final. They buy." in agent.sees()
    assert "Enter: Sale, then more about it" in agent.sees()
    agent.press("4")
    assert "Enter: save No contact, then the next person" in agent.sees()


def test_a_refusal_needs_its_reason_and_what_the_reason_needs() -> None:
    agent = bare().press("2", "enter")
    assert agent.title == "Why did they refuse?"
    agent.press("down", "down")
    assert "Bound until a day, In their words" in agent.sees()
    agent.press("enter", "1", "enter")
    assert agent.title == "Bound until a day: which date?"
    assert "this is needed" in agent.sees()
    agent.press("soon", "enter")
    assert "that is no date" in agent.sees()
    agent.press("f3", "old box", "enter")
    assert agent.title == "Bound until a day: which date?"
    assert "soon" in agent.talk.typed["detail"], "what was typed stands"


def test_a_refusal_given_whole() -> None:
    agent = bare().press("2", "enter", "2", "1", "2027-03-01", "enter")
    words = agent.words()
    assert (words.disposition, words.reason, words.detail) == ("refusal", "bound", "2027-03-01")
    assert agent.talk.person.name == "Per Lunde"
    assert agent.seat.said == "Saved: Refusal, Åse Lunde."


def test_a_refused_callback_keeps_every_word_and_says_where() -> None:
    agent = bare().press("f3", "after work", "enter", "3", "enter", "tomorrow 03:30")
    assert "Wednesday 2026-12-02, 03:30 their time" in agent.sees()
    agent.press("enter")
    assert agent.title == "Who calls then?"
    agent.desk.refusals["give"] = NotAllowedError("no call may be promised for 03:30")
    agent.press("2")
    assert agent.title == "Call back: when?"
    assert "No call may be promised for 03:30" in agent.sees()
    assert "Wrong: not at that time, see below" in agent.sees()
    assert agent.talk.typed == {"note": "after work", "when": "2026-12-02T03:30"}
    agent.press("enter")
    assert agent.title == "Call back: when?", "the same time is not asked for again"
    agent.press("x")
    assert "Wrong" not in agent.sees()


def test_a_promise_says_who_calls() -> None:
    agent = bare().press("3", "enter", "18:30", "enter", "2")
    words = agent.words()
    assert (words.callback, words.callback_by) == ("2026-12-01T18:30", "me")
    agent.press("3", "enter", "+2h", "enter", "enter")
    assert (agent.words().callback, agent.words().callback_by) == ("2026-12-01T14:00", None)


def test_an_order_is_filled_in_field_by_field_and_its_faults_stand_beside_them() -> None:
    agent = bare().press("1", "enter")
    assert agent.title == "Order 1 of 4, needed: Full name"
    agent.press("enter")
    assert "Wrong: this is needed" in agent.sees()
    agent.press("tab", "tab", "2026-12-24", "enter")
    assert agent.title == "Order 4 of 4: Told the price"
    assert "It costs 499 a month." in agent.sees()
    agent.press("1")
    assert agent.desk.given == []
    assert agent.title == "Order 1 of 4, needed: Full name"
    assert "Wrong: this is needed" in agent.sees()
    agent.press("Åse Lunde", "enter", "2")
    agent.desk.refusals["give"] = UsageError(
        "the order cannot be kept:\n  order.install_date: 2026-12-24 is a holiday"
    )
    agent.press("enter", "enter")
    assert agent.title == "Order 3 of 4: Day of the technician"
    assert "Wrong: 2026-12-24 is a holiday" in agent.sees()
    assert agent.talk.saving is False
    agent.press("escape", "tab", "tab")
    assert "Told the price" in agent.title
    agent.press("enter")
    assert agent.words().order == (
        "install_date=2026-12-24", "told_price=yes", "full_name=Åse Lunde", "service=fibre-500",
    )  # fmt: skip


def test_deceased_is_asked_a_second_time() -> None:
    agent = bare().press("5", "enter")
    assert "is it certain of Åse Lunde?" in agent.title
    agent.press("enter")
    assert agent.title == "What came of it?"
    assert agent.desk.given == []
    agent.press("5", "enter", "y")
    assert (agent.words().disposition, agent.words().sure) == ("deceased", True)


def test_a_language_is_named_or_left_open() -> None:
    agent = bare().press("6", "enter")
    assert agent.title == "Which language do they speak?"
    agent.press("pl", "enter")
    assert agent.words().language == "pl"
    agent.press("6", "enter", "enter")
    assert agent.words().language is None


def test_a_question_that_a_result_needs_is_asked_again() -> None:
    agent = seated().press("f2", "1", "enter", "Åse", "enter", "1", "enter")
    agent.desk.refusals["give"] = UsageError(
        "'sale' needs an answer to support, months; add --answer support=..., or choose"
    )
    agent.press("1")
    assert "Question 3 of 5: How content?" in agent.title
    assert "Wrong: this is needed" in agent.sees()
    assert "This question has to be answered" in agent.sees()
    agent.press("4")
    assert "needed: Bound for how long?" in agent.title
    agent.press("shift+tab")
    assert "Wrong" not in agent.sees()


def test_hostile_is_one_key_wherever_the_agent_is_and_keeps_what_was_typed() -> None:
    agent = seated().press("1", "f3", "threats", "f9")
    words = agent.words()
    assert (words.disposition, words.note, words.answers) == (
        "hostile", "threats", ("provider=Telia",),
    )  # fmt: skip
    assert agent.rests is Rest.PAUSED
    agent.press("enter")
    assert agent.talk.person.name == "Per Lunde"


def test_a_result_can_be_taken_back_for_ten_minutes_and_no_longer() -> None:
    agent = bare().press("4", "enter")
    assert "Ctrl-T take back" in agent.sees()
    agent.press("ctrl+t")
    assert "Take back: No contact, Åse Lunde" in agent.title
    agent.press("y")
    assert agent.talk.person.name == "Åse Lunde"
    assert ("release", "lease-Per Lunde") in agent.desk.asked
    agent.press("4", "enter").wait(minutes=10, microseconds=-1)
    assert "Ctrl-T" in agent.sees()
    agent.wait(microseconds=1)
    assert "Ctrl-T" not in agent.sees()
    agent.press("ctrl+t", "y")
    assert [one for one in agent.desk.asked if one[0] == "undo"] == [("undo", "lease-Åse Lunde")]


def test_somebody_half_done_is_not_given_up_for_what_is_taken_back() -> None:
    agent = bare().press("4", "enter", "f3", "a dog barks", "enter")
    assert "Ctrl-T" not in agent.sees()


def test_preview_dials_or_passes_over_with_a_reason() -> None:
    agent = bare(mode="preview", phone=None)
    assert "+4722****01" in agent.sees()
    assert "+4722448201" not in agent.sees()
    agent.press("f6", "1")
    assert ("skip", "lease-Åse Lunde", "know_person") in agent.desk.asked
    assert agent.talk.person.name == "Per Lunde"
    agent.press("f5")
    assert ("dial", "lease-Per Lunde") in agent.desk.asked
    assert agent.talk.person.live
    for hint in ("F5", "F6"):
        assert hint not in agent.sees(), "nobody in a call is dialled or let go"
    agent.press("f4", "ctrl+r", "ctrl+r")
    assert agent.desk.asked[-3:] == [
        ("help", "lease-Per Lunde"),
        ("silence", "lease-Per Lunde", True),
        ("silence", "lease-Per Lunde", False),
    ]


def test_in_preview_whoever_is_not_on_the_line_logs_in_before_they_dial() -> None:
    agent = Agent(FakeDesk([document(mode="preview", phone=None)], mode="preview"))
    assert "F5 log in" in agent.sees()
    agent.press("f5")
    assert ("login", "anna") in agent.desk.asked
    assert "F5 dial" in agent.sees()
    agent.press("f5")
    assert ("dial", "lease-Åse Lunde") in agent.desk.asked


def test_on_the_line_one_logs_in_gets_ready_and_people_come_by_themselves() -> None:
    agent = Agent(FakeDesk([], mode="progressive"))
    assert agent.title == "You are not on the line"
    agent.press("enter")
    assert agent.title == "You are on the line, and not ready"
    agent.press("enter")
    assert agent.title.startswith("Ready: the next person comes")
    agent.desk.people.append(document(mode="progressive", live=True, phone=None))
    agent.press("x")
    assert agent.talk.person.live
    agent.press("f7", "2")
    assert ("pause", "anna", "lunch") in agent.desk.asked, "the engine gives nobody after it"
    assert "then pause" in agent.sees()
    agent.press("ctrl+c")
    assert "The call goes on without you" in agent.sees()
    agent.press("n", "f2", "4", "enter")
    assert agent.rests is Rest.NOBODY
    agent.press("ctrl+c")
    assert agent.desk.asked[-1] == ("logout", "anna")
    assert agent.left


def test_while_one_waits_the_desk_is_looked_at_and_asked_only_when_there_is_news() -> None:
    agent = Agent(FakeDesk([], mode="progressive", state="ready"))
    asked = len(agent.desk.asked)
    for _ in range(5):
        agent.do(Wish(Do.LOOK))
    assert len(agent.desk.asked) == asked
    agent.desk.state = "talking"
    agent.do(Wish(Do.LOOK))
    assert agent.rests is Rest.NOBODY, "said before the person is there"
    agent.desk.people.append(document(mode="progressive", live=True, phone=None))
    agent.do(Wish(Do.LOOK))
    assert agent.talk.person.live
    agent.press("1")
    agent.desk.people[0] = {**agent.desk.people[0], "live": False}
    agent.desk.state = "wrap_up"
    agent.do(Wish(Do.LOOK))
    assert "wrap-up" in agent.sees()
    assert agent.talk.answers == {"provider": ("Telia",)}


def test_a_pause_comes_after_the_person_and_can_be_thought_better_of() -> None:
    agent = bare().press("f7", "1")
    assert "Enter: save No contact, then pause (Break)" in agent.press("4").sees()
    agent.press("f7", "3")
    assert "then the next person" in agent.sees()
    agent.press("f7", "1", "enter")
    assert agent.rests is Rest.PAUSED
    assert "on pause (Break)" in agent.sees()
    assert rests(agent) == ["break"], "the engine knows nothing of it"
    agent.press("x")
    assert agent.rests is Rest.PAUSED
    assert agent.press("enter").talk.person.name == "Per Lunde"
    assert rests(agent) == ["break", None]


def rests(agent: Agent) -> list[str | None]:
    """Return the pauses that the desk was told of, None for the end of one."""
    return [asked[2] for asked in agent.desk.asked if asked[0] == "rest"]


def test_a_pause_with_nobody_on_the_screen_is_told_to_the_desk_and_ends_with_the_day() -> None:
    agent = Agent(FakeDesk([])).press("f7", "2")
    assert rests(agent) == ["lunch"]
    agent.press("ctrl+c")
    assert rests(agent) == ["lunch", None]
    assert agent.left


def test_after_somebody_hostile_the_moment_of_rest_is_one_of_its_own_code() -> None:
    agent = bare().press("f9")
    assert rests(agent) == ["hostile"]
    agent.press("enter")
    assert rests(agent) == ["hostile", None]


def test_a_pause_that_cannot_be_written_does_not_hide_that_the_result_is() -> None:
    agent = bare().press("f7", "1", "4")
    agent.desk.refusals["rest"] = RingbankError("the base is gone; look after it")
    agent.press("enter")
    assert agent.rests is Rest.PAUSED
    assert "Saved: No contact" in agent.sees()
    assert "The base is gone" in agent.sees()


def test_the_drawer_is_searched_by_typing() -> None:
    agent = seated().press("question_mark")
    assert "Is it dear?" in agent.sees()
    agent.press("who")
    assert "Is it dear?" not in agent.sees()
    assert "Who are you?" in agent.sees()
    agent.press("zz")
    assert "Who are you?" not in agent.sees()
    agent.press("f1")
    assert "Question 1" in agent.title


def test_the_drawer_ends_with_all_that_is_known_nothing_of_it_cut() -> None:
    past = {
        "at": NOW, "campaign": "spring", "outcome": "no_answer", "disposition": None,
        "refusal_reason": None, "refusal_detail": None, "agent": "bert",
        "note": "a *long* story " * 9,
    }  # fmt: skip
    agent = seated(history=[past, {**past, "note": None}]).press("f1", "about")
    reading = keys.panel(agent.seat, now=NOW).reading
    assert reading is not None
    assert reading.count("story") == 9
    assert "- city: Oslo" in reading
    assert "called 2 times before" in agent.sees()


def test_a_draft_comes_back_where_it_was_left() -> None:
    agent = seated(
        draft={
            "disposition": "refusal", "reason": "bound", "detail": "2027-03-01", "note": "a dog",
            "answers": ["provider=Telia", "wants=speed", "wants=peace", "support=4", "months=12",
                        "until=2027-01-01"],
            "order": ["full_name=Åse"], "callback": None, "callback_by": None,
        }
    )  # fmt: skip
    assert agent.title == "What came of it?"
    agent.press("enter", "enter", "enter", "enter")
    words = agent.words()
    assert (words.reason, words.detail, words.note) == ("bound", "2027-03-01", "a dog")
    assert words.answers[1:3] == ("wants=speed", "wants=peace")
    assert words.order == (), "what belongs to no refusal stays in the draft"


def test_a_draft_that_a_command_kept_cannot_move_the_cursor() -> None:
    agent = seated(draft={"note": "a\x1b[2Jdog", "answers": ["which=\x9b2Jx"], "sure": True})
    assert agent.talk.person.draft == {
        "note": "a [2Jdog", "answers": ["which= 2Jx"], "sure": True
    }  # fmt: skip


def test_nobody_to_call_says_why_in_words() -> None:
    why = [
        {"gate": "hours", "count": 12, "next_at": NOW + timedelta(hours=20)},
        {"gate": "suppression", "count": 1, "next_at": None},
        {"gate": "state", "count": None, "next_at": None},
        {"gate": "state", "count": 2, "next_at": None},
        {"gate": "dialing", "count": 100, "next_at": None},
    ]
    agent = Agent(FakeDesk([], why=why))
    from dialer.screen.draw import draw

    read = draw(agent.seat, now=NOW, width=80, height=24).script
    assert "12 people: outside calling hours; the next at" in read
    assert "1 person: must not be called." in read
    assert "2 people: in a call, or with somebody else." in read
    assert "100 people: called by the dialer while you are ready." in read
    assert "The campaign does not run; ask the campaign's manager to start it" in read
    agent.desk.people.append(document())
    assert agent.press("x").talk.person.name == "Åse Lunde"


def test_an_error_of_the_world_is_one_line_and_everything_stays() -> None:
    agent = seated().press("1")
    agent.desk.refusals["give"] = RingbankError("the base cannot be reached; try again")
    agent.press("f2", "4", "enter")
    assert "The base cannot be reached; try again" in agent.sees()
    assert agent.talk.answers == {"provider": ("Telia",)}
    agent.press("4", "enter")
    assert agent.words().disposition == "no_contact"


def test_somebody_whose_time_is_over_stays_until_their_words_are_let_go() -> None:
    agent = seated().press("1")
    agent.desk.people.pop(0)
    agent.do(Wish(Do.NEXT))
    assert "Your time with Åse Lunde is over" in agent.sees()
    assert agent.talk.answers == {"provider": ("Telia",)}


def test_leaving_lets_go_of_somebody_untouched_and_keeps_the_words_of_others() -> None:
    assert seated().press("ctrl+c").left
    agent = seated().press("ctrl+c")
    assert agent.desk.asked[-1] == ("release", "lease-Åse Lunde")
    agent = seated().press("1", "ctrl+c")
    assert not agent.left
    agent.press("y")
    assert agent.left
    assert agent.desk.asked[-1][0] == "keep"


UNDER_A_CONDITION = [
    {"key": "day", "label": "Day", "type": "date", "min": "+1d"},
    {"key": "arrival", "label": "Arrival", "type": "window", "required": True,
     "only_if": "day is known"},
    {"key": "floor", "label": "Floor", "type": "number", "required_if": "day is known"},
]  # fmt: skip


def test_a_field_whose_condition_is_not_met_is_not_offered() -> None:
    agent = bare(order={"fields": UNDER_A_CONDITION}).press("1", "enter")
    assert agent.title == "Order 1 of 2: Day"
    agent.press("enter")
    assert agent.title == "Order 2 of 2: Floor"
    agent.press("shift+tab", "2026-12-24", "enter")
    assert agent.title == "Order 2 of 3, needed: Arrival"
    agent.press("8-12", "enter")
    assert agent.title == "Order 3 of 3, needed: Floor"
    agent.press("shift+tab", "shift+tab")
    agent.seat = keys.write_field(agent.seat, "order:day", "")
    assert agent.title == "Order 1 of 2: Day"
    agent.press("enter", "enter")
    assert agent.words().order == (), "what is not offered any more is not told"
    kept = [asked for asked in agent.desk.asked if asked[0] == "keep"][-1]
    assert "arrival=8-12" in kept[2].order, "and yet it is in the draft"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("soon", "'soon' is no date; write it like"),
        ("2026-12-01", "2026-12-02"),
        ("2026-12-02", None),
    ],
)
def test_a_wrong_date_of_an_order_is_told_at_its_field(typed: str, told: str | None) -> None:
    agent = bare(order={"fields": UNDER_A_CONDITION}).press("1", "enter", typed, "enter")
    assert ("Day" in agent.title) is (told is not None)
    assert ("Wrong: " in agent.sees()) is (told is not None)
    assert told is None or told in agent.sees()
    assert agent.desk.given == []


def test_practice_is_marked_and_says_who_is_played() -> None:
    agent = seated(practice=True, character={"how": "In a hurry.", "says": ["What now?"]})
    assert "PRACTICE: this person is made up, and nobody is called" in agent.sees()
    assert agent.talk.person.role == 'In a hurry. Says: "What now?"'
    assert "nobody is called" in agent.sees().splitlines()[0]
    assert "dial +" not in agent.sees(), "nobody dials the number of somebody made up"


def test_what_lead_files_hold_cannot_move_the_cursor() -> None:
    agent = seated("Eve\x1b[2J\x1b]0;owned\x07\u202e", questions=[])
    assert "\x1b" not in agent.sees()
    assert "\u202e" not in agent.sees()
    assert "\x07" not in agent.sees()


def test_every_place_of_the_row_can_be_reached_back_and_forth() -> None:
    agent = bare().press("1", "enter")
    for _ in ORDER:
        agent.press("tab")
    assert agent.talk.place == Place(Step.ORDER, "told_price")
    for _ in range(9):
        agent.press("shift+tab")
    assert agent.talk.place == Place(Step.RESULT)
