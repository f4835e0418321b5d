"""The demo people: made up, of several characters, and no real number among them."""

import re
from zoneinfo import ZoneInfo

from campaigns.dispositions import BUILT_IN
from campaigns.practice_people import demo_people, person_after, person_named

FOR_FILMS = re.compile(r"\+1[2-9]\d\d55501\d\d|\+442079460\d{3}")
"""Numbers that the US and the UK give to nobody."""


def test_there_is_somebody_of_each_kind_that_a_newcomer_has_to_have_met():
    codes = [one.code for one in demo_people()]
    assert codes == ["friendly", "price", "wrong_number", "hostile", "callback"]
    known = {disposition.code for disposition in BUILT_IN}
    assert {"wrong_number", "hostile", "callback"} <= known


def test_nobody_has_the_numbers_of_demo_people():
    for person in demo_people():
        assert FOR_FILMS.fullmatch(person.phone), person
        assert ZoneInfo(person.zone)
        assert person.says
        assert person.attributes


def test_newcomers_meet_all_of_them_before_one_comes_again():
    met = [person_after(talks) for talks in range(2 * len(demo_people()))]
    assert met[: len(demo_people())] == list(demo_people())
    assert met[len(demo_people()) :] == list(demo_people())


def test_somebody_who_was_taken_out_of_the_file_does_not_stop_a_talk():
    assert person_named("price").name == "Penny Pinch"
    assert person_named("of last year") == demo_people()[0]
