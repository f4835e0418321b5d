"""Whether texts can be spoken, and into a folder that Asterisk reads: for ``ringbank doctor``."""

from pathlib import Path

from dialer.config import Config
from dialer.findings import Finding
from dialer.link import Link
from dialer.speech import Folder, Speaker, SpeechError, built_in
from dialer.voicing import folder_of

_TRIED = ("en", "Ringbank")


def speech_finding(config: Config, link: Link) -> Finding:
    """Return whether a text can be spoken; one is, and its file stays.

    Raises:
        RingbankError: Asterisk does not answer.
    """
    folder: Folder | None
    if config.sounds:
        folder = Folder(here=Path(config.sounds), there=config.sounds_there)
    else:
        folder = folder_of(link)
    if folder is None:
        return Finding(
            what="speech",
            ok=False,
            why="no folder is named into which texts are spoken, so people hear a recording of "
            "Asterisk's where no agent is free, and nobody is called whose rules demand more",
            remedy='set sounds = "/path" in [asterisk], a folder that Asterisk reads',
        )
    named = config.speech.voices
    language = next(iter(named), _TRIED[0])
    try:
        Speaker(config.speech, folder).sound(_TRIED[1], language)
    except SpeechError as error:
        why, _, remedy = str(error).rpartition("; ")
        return Finding(what="speech", ok=False, why=why, remedy=remedy)
    program = config.speech.command[:1] or built_in(folder) or ()
    told = f"{' '.join(program)} speaks into {folder.here}"
    return Finding(what="speech", ok=True, why=told)
