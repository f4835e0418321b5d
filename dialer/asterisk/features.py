"""What an Asterisk server lacks for Ringbank, from facts that the manager interface tells.

Asking is the caller's: it sends the questions of `QUESTIONS` as `Getvar` and the action
`CoreSettings`, both of which the restricted manager user may, and hands the answers to
`missing`. (`ModuleCheck` and `ShowDialPlan` need the class that also allows a shell.)
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

OLDEST_VERSION = 18
"""The oldest Asterisk whose applications and events Ringbank knows."""

MODULES: Mapping[str, str] = MappingProxyType(
    {
        "app_amd.so": "tells answering machines from people",
        "app_channelredirect.so": "takes a machine out of an agent's room",
        "app_chanspy.so": "lets supervisors listen, and tells an agent of a person by a tone",
        "app_confbridge.so": "brings agent and person together",
        "app_dial.so": "moves a person to another number",
        "app_mixmonitor.so": "records talks",
        "app_originate.so": "listens to a call beside it for an answering machine",
        "app_playback.so": "plays recordings to people",
        "app_read.so": "plays a message and listens for a key, also to whom no agent reached",
        "app_stack.so": "calls the subroutines of Ringbank's dialplan",
        "app_userevent.so": "tells Ringbank what happens in a call",
        "app_waitforsilence.so": "waits for the end of a machine's greeting",
        "bridge_softmix.so": "mixes the voices in a room",
        "chan_pjsip.so": "speaks SIP",
        "format_wav.so": "writes recordings",
        "func_callerid.so": "shows the campaign's number when a person is moved on",
        "func_channel.so": "notices the end of a call",
        "func_db.so": "keeps what a call came to until the ledger has it",
        "func_dialplan.so": "tells Ringbank whether its dialplan is there",
        "func_env.so": "notices a recording that found no room on the disk",
        "func_global.so": "keeps a verdict of machine detection with its call",
        "func_logic.so": "decides in the dialplan",
        "func_strings.so": "notes the moment of an answer",
        "func_volume.so": "keeps that tone soft, and the sound of who is moved on in Asterisk",
        "pbx_config.so": "reads the dialplan",
        "res_musiconhold.so": "plays music to whoever waits in a room or is being moved on",
    }
)
"""The modules that Ringbank's dialplan and trunks need, with what each is for."""

EXTENSIONS = (
    "ringbank-answered,s",
    "ringbank-begin,s",
    "ringbank-answered,failed",
    "ringbank-classify,s",
    "ringbank-verdict,s",
    "ringbank-ear,rb-1",
    "ringbank-judge,rb-1",
    "ringbank-judge-fax,rb-1",
    "ringbank-sample,rb-1",
    "ringbank-machine,s",
    "ringbank-fax,s",
    "ringbank-aside,s",
    "ringbank-broadcast,s",
    "ringbank-confirm,s",
    "ringbank-agent,s",
    "ringbank-agent,sorry",
    "ringbank-sorry,s",
    "ringbank-room,1",
    "ringbank-agent-line,1",
    "ringbank-goodbye,s",
    "ringbank-tone-line,rba-1",
    "ringbank-tone,s",
    "ringbank-record,s",
    "ringbank-listen,1",
    "ringbank-whisper,1",
    "ringbank-step-in,1",
    "ringbank-supervised,s",
    "ringbank-transfer,s",
    "ringbank-transferred,s",
    "ringbank-ended,s",
    "ringbank-mark,s",
    "ringbank-forget,s",
    "ringbank-now,s",
    "ringbank-incoming,+471",
    "ringbank-incoming,471",
    "ringbank-incoming,s",
    "ringbank-returned,s",
    "ringbank-returned-told,s",
    "ringbank-returned-told,play",
    "ringbank-returned-wanted,s",
    "ringbank-returned-later,s",
    "ringbank-returned-later,booked",
    "ringbank-returned-later,sorry",
    "ringbank-returned-removed,s",
    "ringbank-returned-room,1",
    "ringbank-returned-say,s",
    "ringbank-returned-ended,s",
    "ringbank-returned-mark,s",
)
"""Context and extension of everything the engine sends calls to, and what those rest on."""


def _module_question(module: str) -> str:
    return f"IFMODULE({module})"


def _extension_question(extension: str) -> str:
    return f"DIALPLAN_EXISTS({extension},1)"


QUESTIONS = (
    *map(_module_question, MODULES),
    *map(_extension_question, EXTENSIONS),
)
"""The dialplan functions to be read with `Getvar`, without a channel; each answers 0 or 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """One thing a server does not have.

    Attributes:
        what: the thing in Asterisk's own word: "app_amd.so", "ringbank-room".
        why: one clause that says what is wrong.
        remedy: one clause that says what to do about it.
    """

    what: str
    why: str
    remedy: str


def major(version: str) -> int | None:
    """Return the first part of Asterisk's version, or None where it has none.

    Understands "22.10.1~dfsg", "Asterisk 18.10.0" and "certified/18.9-cert5".
    """
    found = re.search(r"(\d+)\.\d+", version)
    return int(found[1]) if found else None


def missing(version: str, answers: Mapping[str, str]) -> tuple[Lack, ...]:
    """Return what a server lacks, empty when it has everything.

    Args:
        version: `AsteriskVersion` of the answer to `CoreSettings`.
        answers: for each of `QUESTIONS` the value that `Getvar` gave; one that is not there
            or is empty counts as no.
    """
    return (
        *_old(version),
        *_modules(answers),
        *_dialplan(answers),
    )


def _old(version: str) -> tuple[Lack, ...]:
    number = major(version)
    if number is None or number >= OLDEST_VERSION:  # a version built from git has no number
        return ()
    return (
        Lack(
            what=f"Asterisk {version}",
            why=f"Ringbank needs Asterisk {OLDEST_VERSION} or newer",
            remedy="install a newer Asterisk",
        ),
    )


def _modules(answers: Mapping[str, str]) -> tuple[Lack, ...]:
    # Without func_module the server cannot answer at all: every answer is empty, not 0.
    if not any(answers.get(_module_question(module)) for module in MODULES):
        return (
            Lack(
                what="func_module.so",
                why="Asterisk does not say which modules are loaded",
                remedy='add "load = func_module.so" to modules.conf and restart Asterisk',
            ),
        )
    return tuple(
        Lack(
            what=module,
            why=f"the module that {purpose} is not loaded",
            remedy=f'add "load = {module}" to modules.conf and restart Asterisk',
        )
        for module, purpose in MODULES.items()
        if answers.get(_module_question(module)) != "1"
    )


def _dialplan(answers: Mapping[str, str]) -> tuple[Lack, ...]:
    lacking = {
        extension.partition(",")[0]
        for extension in EXTENSIONS
        if answers.get(_extension_question(extension)) != "1"
    }
    return tuple(
        Lack(
            what=context,
            why=f"the dialplan has no complete context {context}",
            remedy="write the fragments with: ringbank asterisk config --output DIR, include "
            "ringbank_extensions.conf in extensions.conf, and reload the dialplan",
        )
        for context in dict.fromkeys(name.partition(",")[0] for name in EXTENSIONS)
        if context in lacking
    )
