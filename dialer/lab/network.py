"""The carrier's dialplan: what the telephone network does with each call, from a scenario.

Pure: a scenario in, the text of `extensions.conf` out.
"""

from dialer.lab.scenario import Habit, Kind, Person, Scenario

_LONGEST_CALL_S = 3600
"""A forgotten call ends after an hour, so that a lab left alone comes to rest."""

HEARD = "heard"
"""The folder, below the carrier's recordings, of what telephones of the kind `hums` heard."""

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
    match person.kind:
        case Kind.LISTENS:
            return ["Answer()", "Playback(hello)", *listen]
        case Kind.PRESSES:
            return ["Answer()", *_silence(person.after_s), f"SendDTMF({person.key})", *listen]
        case Kind.HANGS_UP:
            return ["Answer()", *_silence(person.after_s), "Hangup(16)"]
        case Kind.MACHINE:
            greeting = "Playback(vm-theperson&digits/1&digits/2&vm-isunavail&vm-intro)"
            return ["Answer()", greeting, "Playback(silence/10)", "Hangup(16)"]
        case Kind.BUSY:
            return ["Hangup(17)"]
        case Kind.RINGS:
            return ["Ringing()", f"Wait({_LONGEST_CALL_S})"]
        case Kind.DEAD:
            return ["Hangup(1)"]
        case Kind.CONGESTED:
            return ["Hangup(34)"]
        case Kind.AGENT:
            return ["Answer()", f"Wait({_LONGEST_CALL_S})"]
        case Kind.HUMS:
            heard = f"MixMonitor(,r({HEARD}/${{NUMBER}}.wav))"
            return ["Answer()", heard, f"Playtones({person.hz})", f"Wait({_LONGEST_CALL_S})"]


def _silence(seconds: float) -> list[str]:
    """Return steps that last so long: whole seconds are audible silence, the rest a wait."""
    whole, rest = int(seconds), seconds - int(seconds)
    tens, ones = divmod(whole, 10)
    files = ["silence/10"] * tens + ([f"silence/{ones}"] if ones else [])
    played = [f"Playback({'&'.join(files)})"] if files else []
    return [*played, *([f"Wait({rest:.2f})"] if rest else [])]
