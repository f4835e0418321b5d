"""Texts made into sounds that Asterisk plays, once each: a program speaks, the file is kept.

A sound's name is the hash of text, language and voice, so whatever is there is right, and
needs no list of what was made. It is written to a draft and renamed: Asterisk never plays
half of one.
"""

import os
import shutil
import subprocess
import tempfile
import wave
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from dialer.voices import BUILT_IN, Speech
from leads.errors import RingbankError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float64]

_RATE = 8000
"""What a telephone carries, and what Asterisk calls ".wav"."""
_LOUDEST = 0.7
"""Of full scale: the peak of every sound, so that voices and languages are as loud."""
_LONGEST_TEXT = 5000
_INSTALL = "install the package espeak-ng on this machine, or name another voice in [speech]"


class SpeechError(RingbankError):
    """A text could not be made into a sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """Where sounds are kept.

    Attributes:
        here: the folder on this machine.
        there: the same folder as Asterisk sees it.
    """

    here: Path
    there: str


class Speaker:
    """Speaks texts into one folder."""

    def __init__(self, speech: Speech, folder: Folder) -> None:
        """Prepare a speaker; nothing is touched before `sound`."""
        self._speech = speech
        self._folder = folder

    def made(self, text: str, language: str) -> str | None:
        """Return the sound of a text if it is there: a path of Asterisk's without its ending."""
        voice = self._speech.voice(language)
        if voice is None:
            return None
        name = self._speech.file_name(text, language, voice)
        return f"{self._folder.there}/{name}" if self._path(name).is_file() else None

    def file(self, text: str, language: str) -> Path | None:
        """Return where the sound of a text is, or will be, on this machine."""
        voice = self._speech.voice(language)
        return None if voice is None else self._path(self._speech.file_name(text, language, voice))

    def sound(self, text: str, language: str) -> str:
        """Return the sound of a text, made if it is not there.

        Raises:
            SpeechError: there is no voice, it failed, or the folder cannot be written.
        """
        if (there := self.made(text, language)) is not None:
            return there
        voice = self._speech.voice(language)
        if voice is None:
            raise SpeechError(
                f"there is no voice for the language {language!r}; name one in [speech.voices]"
            )
        if len(text) > _LONGEST_TEXT:
            raise SpeechError(
                f"a text of {len(text)} characters is too long to be played; shorten it"
            )
        spoken = self._speak(text, language, voice)
        name = self._speech.file_name(text, language, voice)
        self._keep(self._path(name), spoken)
        return f"{self._folder.there}/{name}"

    def _path(self, name: str) -> Path:
        return self._folder.here / f"{name}.wav"

    def _speak(self, text: str, language: str, voice: str) -> bytes:
        """Return a WAV as the program made it, in the form that Asterisk plays."""
        program = built_in(self._folder) if not self._speech.command else ()
        if program is None:
            raise SpeechError(f"there is no voice: {BUILT_IN} is not on PATH; {_INSTALL}")
        with tempfile.TemporaryDirectory(prefix="ringbank-speech-") as folder:
            file = Path(folder) / "spoken.wav"
            argv = self._speech.argv(program, voice=voice, language=language, file=str(file))
            done = self._run(argv, text)
            if done.returncode:
                said = done.stderr.decode(errors="replace").strip().splitlines()
                why = said[-1] if said else f"it ended with status {done.returncode}"
                raise SpeechError(f"the voice {argv[0]} failed ({why}); try it by hand")
            made = file.read_bytes() if file.is_file() else done.stdout
        try:
            return telephone_wav(made)
        except (ValueError, EOFError, wave.Error) as error:
            raise SpeechError(
                f"the voice {argv[0]} made no sound for {language!r} ({error}); try it by hand"
            ) from error

    def _run(self, argv: list[str], text: str) -> "subprocess.CompletedProcess[bytes]":
        try:
            return subprocess.run(  # noqa: S603 (no shell; the text is its input alone)
                argv,
                input=text.encode(),
                capture_output=True,
                check=False,
                timeout=self._speech.timeout_s,
            )
        except subprocess.TimeoutExpired as error:
            raise SpeechError(
                f"the voice {argv[0]} took longer than {self._speech.timeout_s} s; shorten the "
                "text, or raise speech.timeout_s"
            ) from error
        except OSError as error:
            raise SpeechError(
                f"the voice {argv[0]} cannot be run ({error.strerror}); install it, or mend "
                "speech.command"
            ) from error

    def _keep(self, path: Path, sound: bytes) -> None:
        draft = ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-", suffix=".wav")
            with os.fdopen(handle, "wb") as file:
                file.write(sound)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).chmod(0o644)  # Asterisk may be another user
            Path(draft).replace(path)
        except OSError as error:
            if draft:
                Path(draft).unlink(missing_ok=True)
            raise SpeechError(
                f"the folder for sounds {path.parent} cannot be written ({error.strerror}); make "
                "it writable, or name another one as asterisk.sounds"
            ) from error


def built_in(folder: Folder) -> tuple[str, ...] | None:
    """Return how the built-in voice is run: that on PATH, or the one beside Asterisk.

    An Asterisk in a root of its own, as the lab's is, sees the folder for sounds from there.
    """
    from dialer.lab.install import voice_in

    own = shutil.which(BUILT_IN)
    here = str(folder.here)
    if own or here == folder.there or not here.endswith(folder.there):
        return (own,) if own else None
    return voice_in(Path(here.removesuffix(folder.there)))


def telephone_wav(made: bytes) -> bytes:
    """Return a WAV as 8 kHz, mono, 16 bit.

    Raises:
        ValueError: it is none, or holds no sound.
    """
    import numpy as np

    samples, rate = _samples(made)
    if not len(samples) or not np.abs(samples).max():
        raise ValueError("it is silent")
    heard = _at_rate(samples, rate)
    heard *= _LOUDEST / np.abs(heard).max()
    out = BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes((heard * 32767).astype("<i2").tobytes())
    return out.getvalue()


def _samples(made: bytes) -> "tuple[Samples, int]":
    """Return the samples of a WAV from -1 to 1, and their rate.

    A program that writes to a pipe cannot know its length: what the header says of it is
    not believed.
    """
    import numpy as np

    at, form = 12, None
    while made[:4] == b"RIFF" and at + 8 <= len(made):
        kind, length = made[at : at + 4], int.from_bytes(made[at + 4 : at + 8], "little")
        if kind == b"fmt ":
            form = made[at + 8 : at + 8 + length]
        elif kind == b"data" and form is not None:
            coding, channels = (int.from_bytes(form[i : i + 2], "little") for i in (0, 2))
            rate, bits = int.from_bytes(form[4:8], "little"), form[14] | form[15] << 8
            if coding not in (1, 0xFFFE) or bits != 16 or not channels or not rate:  # noqa: PLR2004
                raise ValueError("it is no WAV of 16 bit PCM")
            data = made[at + 8 : at + 8 + length]
            width = 2 * channels
            whole = np.frombuffer(data[: len(data) // width * width], dtype="<i2")
            return whole.reshape(-1, channels).mean(axis=1) / 32768, rate
        at += 8 + length + length % 2
    raise ValueError("it is no WAV")


def _at_rate(samples: "Samples", rate: int) -> "Samples":
    """Return the sound at the telephone's rate; what is too high for that is taken out.

    By its whole spectrum: a text takes seconds, so nothing simpler would be faster or better.
    """
    import numpy as np

    wanted = max(1, round(len(samples) * _RATE / rate))
    spectrum = np.fft.rfft(samples)[: wanted // 2 + 1]
    return np.fft.irfft(spectrum, n=wanted) * (wanted / len(samples))
