"""The dialplan of calls that come in, with no engine at all: what everybody who calls back gets."""

from dialer.lab.lab import Lab
from tests.asterisk.conftest import Link
from tests.waiting import until

OURS = "+4721000000"


def stage(link: Link, name: str, caller: str, within: float = 15) -> dict[str, str]:
    return link.until(within, UserEvent="RingbankReturned", Stage=name, Caller=caller)


def mark_of(link: Link, event: dict[str, str]) -> dict[str, str]:
    return link.marks()[event["Contact"]]


def keep_sound(lab: Lab, link: Link, of: str, sound: str) -> None:
    link.send(
        "Originate",
        Channel="Local/s@ringbank-returned-say/n",
        Context="ringbank-returned-say",
        Exten="s",
        Priority=1,
        Async="true",
        Timeout=1000,
        Variable=[f"RINGBANK_OF={of}", f"RINGBANK_SOUND={sound}"],
    )
    asked = f"database get ringbank-returned {of}"
    until(lambda: sound in lab.pbx.cli(asked).stdout)


def test_who_calls_back_hears_whose_number_it_is_and_can_opt_out(lab: Lab, link: Link, number):
    caller = number("00")
    keep_sound(lab, link, f"number/{OURS[1:]}", "hello-world")
    lab.call_in(OURS, caller=caller, keys="wwwwwwwwww9")
    came = stage(link, "came", caller)
    assert came["Called"] == OURS[1:]
    alone = stage(link, "alone", caller)
    assert alone["Contact"] == came["Contact"]
    stage(link, "opted", caller)
    ended = stage(link, "ended", caller)
    assert (ended["Opted"], ended["Last"], ended["Key"]) == ("1", "opted", "9")
    kept = mark_of(link, came)
    assert (kept["stage"], kept["caller"], kept["opted"]) == ("ended", caller, "1")


def test_keys_of_the_engine_mean_nothing_without_it(lab: Lab, link: Link, number):
    caller = number("00")
    lab.call_in(OURS, caller=caller, keys="wwwwwwwwww1")
    ended = stage(link, "ended", caller, 30)
    assert (ended["Key"], ended["Last"]) == ("1", "alone")
    assert not ended["Opted"]


def test_a_withheld_number_is_not_kept_and_cannot_opt_out(lab: Lab, link: Link):
    lab.call_in(OURS, caller=None, keys="wwwwwwwwww9")
    came = stage(link, "came", "")
    sorry = stage(link, "sorry", "")
    ended = stage(link, "ended", "")
    assert sorry["Contact"] == ended["Contact"] == came["Contact"]
    assert not ended["Opted"]
