"""The carrier's dialplan: what the telephone network does with each call, from a scenario.

Pure: a scenario in, the text of `extensions.conf` out.
"""

from dialer.lab.scenario import Habit, Kind, Person, Scenario

_LONGEST_CALL_S = 3600
"""A forgotten call ends after an hour, so that a lab left alone comes to rest."""

CALLER, LINE_OUT = "caller", "line-out"
"""The contexts of a person of the town who calls somebody, and of the line on which they do."""

HEARD = "heard"
"""The folder, below the carrier's recordings, of what telephones of the kinds `hums` and
`voicemail` heard."""

_KEEP = f"MixMonitor(,r({HEARD}/${{NUMBER}}.wav))"
_GREETING = "Playback(vm-theperson&digits/1&digits/2&vm-isunavail&vm-intro)"

_FAX_HZ = 2100
"""The tone with which a fax answers (ITU-T V.25)."""

_HEAD = f"""\
; The telephone network of the lab, written from its scenario at every start.
[incoming]
exten => _+X.,1,Goto(number,${{EXTEN}},1)
exten => _X.,1,Goto(number,+${{EXTEN}},1)

[number]
exten => _+X.,1,Set(NUMBER=${{EXTEN}})
 same => n,Set(CDR(number)=${{NUMBER}})
 same => n,Set(CDR(caller)=${{CALLERID(num)}})
 same => n,Set(CHANNEL(hangup_handler_push)=hung-up,s,1)
 same => n,Set(TIMEOUT(absolute)={_LONGEST_CALL_S})
 same => n,GotoIf(${{DIALPLAN_EXISTS(known,${{NUMBER}},1)}}?known,${{NUMBER}},1)
 same => n,Goto(ending,${{NUMBER:-2}},1)
exten => h,1,NoOp()

[hung-up] ; the cause with which the call ended goes into its record
exten => s,1,Set(CDR(cause)=${{HANGUPCAUSE}})
 same => n,Return()

[{LINE_OUT}] ; somebody calls: the number that they show, an asterisk, the number that they call
exten => _X.,1,Set(CDR_PROP(disable)=1)
 same => n,Set(CALLERID(num)=${{IF($["${{CUT(EXTEN,*,1)}}" = "0"]?:+${{CUT(EXTEN,*,1)}})}})
 same => n,Dial(PJSIP/+${{CUT(EXTEN,*,2)}}@pbx)
 same => n,Hangup()

[{CALLER}] ; their telephone, once it is answered: they listen, and press the keys of the extension
exten => _[0-9wW*#].,1,Set(CDR_PROP(disable)=1)
 same => n,SendDTMF(${{EXTEN}})
 same => n(listen),Playback(silence/10)
 same => n,Goto(listen)

[count] ; how often this number was called, counted only where it matters
exten => s,1,Set(CALL_NO=$[0${{DB(calls/${{NUMBER}})}} + 1])
 same => n,Set(DB(calls/${{NUMBER}})=${{CALL_NO}})
 same => n,Return()
"""


def carrier_dialplan(scenario: Scenario) -> str:
    """Return the carrier's `extensions.conf`."""
    habits = (*scenario.endings.values(), *scenario.numbers.values())
    people = dict.fromkeys(person for habit in habits for person in (habit.first, habit.then))
    names = {person: f"person-{position}" for position, person in enumerate(people, 1)}
    return "\n".join(
        [
            _HEAD,
            "[known]",
            *(_entry(number, habit, names) for number, habit in scenario.numbers.items()),
            "",
            "[ending]",
            *(_entry(ending, habit, names) for ending, habit in scenario.endings.items()),
            "",
            *(_context(name, person) for person, name in names.items()),
        ]
    )


def _entry(extension: str, habit: Habit, names: dict[Person, str]) -> str:
    first, then = names[habit.first], names[habit.then]
    if first == then:
        return f"exten => {extension},1,Goto({first},s,1)"
    return (
        f"exten => {extension},1,Gosub(count,s,1)\n"
        f" same => n,GotoIf($[${{CALL_NO}} > 1]?{then},s,1:{first},s,1)"
    )


def _context(name: str, person: Person) -> str:
    ringing = ["Ringing()", f"Wait({person.ring_s:g})"] if person.ring_s else []
    steps = [f"Set(CDR(kind)={person.kind})", *ringing, *_steps(person)]
    first, *rest = steps
    return "\n".join(
        [f"[{name}]", f"exten => s,1,{first}", *(f" same => {step}" for step in map(_at, rest)), ""]
    )


def _at(step: str) -> str:
    """Give a step its priority; one that begins with "(label)" keeps the label."""
    return f"n{step}" if step.startswith("(") else f"n,{step}"


def _steps(person: Person) -> list[str]:
    """Return what follows the ringing.

    While a person listens, files of silence are played: a far end that sends no audio at
    all would stop the other side's answering-machine detection and message.
    """
    listen = ["(listen),Playback(silence/10)", "Goto(listen)"]
    if person.kind in _UNANSWERED:
        return _UNANSWERED[person.kind]
    return ["Answer()", *_answered(person, listen)]


_UNANSWERED = {
    Kind.BUSY: ["Hangup(17)"],
    Kind.RINGS: ["Ringing()", f"Wait({_LONGEST_CALL_S})"],
    Kind.DEAD: ["Hangup(1)"],
    Kind.CONGESTED: ["Hangup(34)"],
}


def _answered(person: Person, listen: list[str]) -> list[str]:
    """Return what follows the answer."""
    end = ["Hangup(16)"]
    what_follows = {
        Kind.LISTENS: ["Playback(hello)", *listen],
        Kind.PRESSES: [*_silence(person.after_s), f"SendDTMF({person.key})", *listen],
        Kind.HANGS_UP: [*_silence(person.after_s), *end],
        Kind.MACHINE: [_GREETING, "Playback(silence/10)", *end],
        Kind.VOICEMAIL: [_GREETING, "Playback(silence/1&beep)", _KEEP, *_silence(20), *end],
        Kind.GREETS: ["Playback(vm-theperson&digits/1&digits/2)", *listen],
        Kind.SILENT: listen,
        Kind.FAX: ["Wait(0.2)", f"Playtones(!{_FAX_HZ}/3000)", "Wait(3)", *listen],
        Kind.AGENT: [f"Wait({_LONGEST_CALL_S})"],
        Kind.HUMS: [_KEEP, f"Playtones({person.hz})", f"Wait({_LONGEST_CALL_S})"],
    }
    return what_follows[person.kind]


def _silence(seconds: float) -> list[str]:
    """Return steps that last so long: whole seconds are audible silence, the rest a wait."""
    whole, rest = int(seconds), seconds - int(seconds)
    tens, ones = divmod(whole, 10)
    files = ["silence/10"] * tens + ([f"silence/{ones}"] if ones else [])
    played = [f"Playback({'&'.join(files)})"] if files else []
    return [*played, *([f"Wait({rest:.2f})"] if rest else [])]
