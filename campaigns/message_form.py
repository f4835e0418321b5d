"""The tables of a campaign file that say what is played, read and written; pure.

`[message]` to people, `[machine_message]` to machines, `[abandoned]` to whom no agent reached.
"""

import json
import re

from campaigns.amd import LEAVE_MESSAGE, Amd
from campaigns.fields import Section, shown
from campaigns.messages import VOICES, Clip, KeyAction, KeyMeaning, Menu, Message, Words
from campaigns.model import DialMode, Question
from campaigns.questions import PRESSED, read_answer
from campaigns.scripts.settings import is_language
from campaigns.scripts.texts import BASE
from campaigns.spoken import MAY_STAND, fault_in
from leads.problems import Problem

_KEYS = tuple("0123456789*")
"""Not #: Asterisk takes it for the end of what is being typed, and hands on nothing."""
_ANSWER = re.compile(r"answer:([a-z0-9_]+)=(.*\S)")
_MOST_MENUS = 9


def read_message(file: Section, mode: DialMode, questions: tuple[Question, ...]) -> Message | None:
    """Return what a broadcast plays, and what each key does; None in other modes."""
    if mode is not DialMode.BROADCAST:
        if file.has("message"):
            file.refuse("message", f"only a broadcast plays one, and the mode is {mode.value}")
        file.expect(["message"])
        return None
    table = file.section("message")
    more = table.sections("menu")
    if len(more) > _MOST_MENUS:
        table.refuse("menu", f"may hold {_MOST_MENUS} at most, not {len(more)}")
    confirm = {BASE: table.sound("confirm", required=False)}
    first = _menu(table, questions, confirm)
    message = Message(
        sound=first.sound,
        text=first.text,
        language=first.language,
        languages=first.languages,
        keys=first.keys,
        menu=tuple(_menu(one, questions) for one in more),
        confirm={language: sound for language, sound in confirm.items() if sound},
    )
    _check_road(table, message)
    return message


def read_machine_message(file: Section, amd: Amd) -> Words | None:
    """Return what a machine is told that answers, where it is told something."""
    leaves = amd.on_machine == LEAVE_MESSAGE
    if not file.has("machine_message"):
        file.expect(["machine_message"])
        if leaves:
            why = 'is missing; say what a machine is told: text = "WORDS", or sound = "FILE"'
            file.refuse("machine_message", why)
        return None
    if not leaves:
        file.refuse("machine_message", f'is never played where on_machine is "{amd.on_machine}"')
    return read_words(file.section("machine_message"))


def read_voice(
    file: Section, mode: DialMode, message: Message | None, to_machines: Words | None
) -> str:
    """Return whether a broadcast plays a recording or a machine's voice."""
    if file.has("voice") and mode is not DialMode.BROADCAST:
        file.refuse("voice", f"only a broadcast plays one, and the mode is {mode.value}")
    is_synthetic = (message is not None and message.is_synthetic) or (
        to_machines is not None and to_machines.is_spoken
    )
    recorded, synthetic = VOICES
    voice = file.choice("voice", VOICES, default=synthetic if is_synthetic else recorded)
    if is_synthetic and voice == recorded:
        why = (
            "must be 'synthetic', or be left out: a text in [message] or [machine_message] is "
            "spoken by a machine"
        )
        file.refuse("voice", why)
    return voice


def read_abandoned(file: Section, mode: DialMode, message: Message | None) -> Words | None:
    """Return what people hear whom no agent reached, where the campaign has words of its own."""
    if not file.has("abandoned"):
        file.expect(["abandoned"])
        return None
    table = file.section("abandoned")
    if mode is DialMode.MANUAL:
        table.refuse_whole("is never played: the agents of a manual campaign dial by hand")
    if message is not None and not message.does(KeyAction.CONNECT):
        table.refuse_whole("is never played: no key of the message connects to an agent")
    words = read_words(table)
    seller = str(file.held("seller"))
    for clip, language in words.clips:
        if clip.text and "{seller}" not in clip.text and seller not in clip.text:
            where = "text" if clip.text == words.text else f"languages.{language}.text"
            table.refuse(where, "must name the seller; write {seller} where its name belongs")
    return words


def written_message(message: Message | None) -> dict[str, str]:
    """Return the settings of a message as a campaign file writes them, by key."""
    if message is None:
        return {}
    written: dict[str, str] = {}
    for number, menu in enumerate(message.menus):
        path = f"message.menu[{number}]" if number else "message"
        written |= written_words(menu, path)
        written |= {f"{path}.keys.{key}": _meaning_text(what) for key, what in menu.keys.items()}
    for language, sound in message.confirm.items():
        inner = f"message.languages.{language}" if language else "message"
        written[f"{inner}.confirm"] = _quoted(sound)
    return written


def written_words(words: Words | None, path: str) -> dict[str, str]:
    """Return what is played as a campaign file writes it, by key; `path` is its table's."""
    if words is None:
        return {}
    plain = {"sound": words.sound, "text": words.text, "language": words.language}
    for language, clip in words.languages.items():
        plain |= {
            f"languages.{language}.sound": clip.sound,
            f"languages.{language}.text": clip.text,
        }
    return {f"{path}.{key}": _quoted(value) for key, value in plain.items() if value}


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _meaning_text(meaning: KeyMeaning) -> str:
    if meaning.action is KeyAction.ANSWER:
        return _quoted(f"answer:{meaning.question}={meaning.answer}")
    return _quoted(meaning.action)


def read_words(table: Section, confirm: dict[str, str] | None = None) -> Words:
    """Return what a table says is played: a sound or a text, and others by language.

    Args:
        table: with `sound` or `text`, `language` and `languages`.
        confirm: takes what stands there of confirming, by language; None: nothing may.
    """
    clip = _clip(table)
    language = table.text("language", required=False)
    if language and not is_language(language):
        table.refuse(
            "language", f'must be the code of a language, like "nb", not {shown(language)}'
        )
    inner = table.section("languages")
    languages = {}
    for one in inner.names():
        if not is_language(one):
            inner.refuse(one, f'must be the code of a language, like "nb", not {shown(one)}')
        variant = inner.section(one)
        if confirm is not None:
            confirm[one] = variant.sound("confirm", required=False)
            if confirm[one] and not variant.has("sound") and not variant.has("text"):
                variant.expect(["sound", "text"])
                continue
        languages[one] = _clip(variant)
    return Words(sound=clip.sound, text=clip.text, language=language, languages=languages)


def _clip(table: Section) -> Clip:
    """Return what stands in a table: exactly one of a sound and a text."""
    if not table.has("text"):
        return Clip(sound=table.sound("sound"))
    text = table.text("text", lines=True)
    if table.has("sound"):
        table.expect(["sound"])
        table.refuse("sound", "and text both say what is played; leave one of them out")
    if (fault := fault_in(text)) is not None:
        table.refuse("text", f"{fault}; what is put in by itself is {MAY_STAND}")
    return Clip(text=text)


def _menu(
    table: Section, questions: tuple[Question, ...], confirm: dict[str, str] | None = None
) -> Menu:
    words = read_words(table, confirm)
    keys = table.section("keys")
    keys.expect(_KEYS)
    meanings = {key: _meaning(keys, key, questions) for key in keys.names() if key in _KEYS}
    return Menu(
        sound=words.sound,
        text=words.text,
        language=words.language,
        languages=words.languages,
        keys=meanings,
    )


def _check_road(table: Section, message: Message) -> None:
    """Refuse a question after the message that no key leads to."""
    for number, menu in enumerate(message.menus[:-1], start=1):
        if not menu.pressing(KeyAction.ANSWER):
            before = "the message" if number == 1 else f"menu[{number - 1}]"
            why = f"is never reached: no key of {before} is an answer"
            table.refuse(f"menu[{number}]", why)
            return


def _meaning(keys: Section, key: str, questions: tuple[Question, ...]) -> KeyMeaning:
    text = keys.text(key)
    if answer := _ANSWER.fullmatch(text):
        _check_answer(keys, key, (answer[1], answer[2]), questions)
        return KeyMeaning(action=KeyAction.ANSWER, question=answer[1], answer=answer[2])
    plain = {word.value: word for word in KeyAction if word is not KeyAction.ANSWER}
    if text and text not in plain:
        does = ", ".join([*plain, "answer:QUESTION=VALUE"])
        keys.refuse(key, f"must be one of {does}, not {shown(text)}")
    return KeyMeaning(action=plain.get(text, KeyAction.CALLBACK))


def _check_answer(
    keys: Section, key: str, pair: tuple[str, str], questions: tuple[Question, ...]
) -> None:
    name, answer = pair
    if name == PRESSED:
        keys.refuse(key, f"the answer {PRESSED!r} always is the key itself; name another one")
    for question in questions:
        if question.key != name:
            continue
        read = read_answer(question, answer)
        if read != answer:
            how = read.why if isinstance(read, Problem) else f"write {read}"
            keys.refuse(key, f"{shown(answer)} is no answer to {name!r}; {how}")
