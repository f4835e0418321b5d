"""What somebody hears who calls back: sounds that Asterisk has, by what they say; pure.

Who called and why is spoken where a voice is there (`dialer.voicing`). Else, and for the rest,
callers hear general sounds that every Asterisk has, or those of the configuration.
"""

import re
from dataclasses import dataclass, fields

from campaigns.fields import Section

_SOUNDS = re.compile(r"[A-Za-z0-9_./-]+(&[A-Za-z0-9_./-]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedSounds:
    """The sounds of an installation, each a sound or several joined by &.

    Attributes:
        owner: whose the number is, and that 9 ends all calls.
        called: that they were called, where no voice says who called and why.
        menu: 1 for an agent, 2 for a call later, 9 for no more calls.
        menu_stop: 9 for no more calls.
        hold: an agent is being looked for.
        booked: a call was promised.
        sorry: nobody is free, and none was.
        removed: nobody calls the number any more.
    """

    owner: str = "to-call-this-number&vm-press&digits/9"
    called: str = "info-about-last-call"
    menu: str = "vm-press&digits/1&vm-press&digits/2&vm-press&digits/9"
    menu_stop: str = "vm-press&digits/9"
    hold: str = "pls-hold-while-try"
    booked: str = "vm-tocallback"
    sorry: str = "please-try-call-later"
    removed: str = "num-was-successfully&removed"


def read_sounds(section: Section) -> ReturnedSounds:
    """Return the sounds of the section `[returned]`; what is not there is as everywhere."""
    given = {}
    for one in fields(ReturnedSounds):
        sound = section.text(one.name, required=False)
        if sound and not _SOUNDS.fullmatch(sound):
            section.refuse(one.name, "may only hold letters, digits and _ . / - and & between two")
        elif sound:
            given[one.name] = sound
    return ReturnedSounds(**given)
