"""Texts become sounds that a telephone can carry, whole or not at all."""

import sys
import wave
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from dialer.speech import Folder, Speaker, SpeechError, built_in, telephone_wav
from dialer.voices import Speech

RATE = 22_050


def wav(samples: np.ndarray, *, rate: int = RATE, channels: int = 1) -> bytes:
    out = BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return out.getvalue()


def tone(hz: float, *, rate: int = RATE, seconds: float = 0.5, loud: float = 0.5) -> np.ndarray:
    return loud * np.sin(2 * np.pi * hz * np.arange(int(rate * seconds)) / rate)


def played(made: bytes) -> np.ndarray:
    """Return the samples of a sound, which must be as Asterisk wants it."""
    with wave.open(BytesIO(made)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2") / 32768


def pitch(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * 8000 / len(samples))


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("hz", [300.0, 1000.0, 3400.0])
def test_a_tone_keeps_its_pitch_and_length_at_the_rate_of_a_telephone(rate: int, hz: float) -> None:
    heard = played(telephone_wav(wav(tone(hz, rate=rate), rate=rate)))
    assert abs(len(heard) / 8000 - 0.5) < 0.001
    assert abs(pitch(heard) - hz) < 5
    assert 0.65 < np.abs(heard).max() < 0.75


def test_what_a_telephone_cannot_carry_does_not_come_back_as_another_tone() -> None:
    heard = played(telephone_wav(wav(tone(1000, loud=0.4) + tone(6000, loud=0.4))))
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    folded = int(2000 * len(heard) / 8000)
    assert spectrum[folded - 5 : folded + 5].max() < spectrum.max() / 100


def test_both_channels_are_heard_and_a_length_that_nobody_knew_is_not_believed() -> None:
    both = np.stack([tone(500), tone(500)], axis=1).ravel()
    made = bytearray(wav(both, channels=2))
    made[40:44] = b"\xff\xff\xff\x7f"  # the length of the data, of a program that writes to a pipe
    heard = played(telephone_wav(bytes(made)))
    assert abs(pitch(heard) - 500) < 5
    assert abs(len(heard) / 8000 - 0.5) < 0.001


@pytest.mark.parametrize(
    "made", [b"", b"RIFF", b"no sound at all", wav(np.zeros(100)), wav(np.zeros(0))]
)
def test_silence_and_what_is_no_sound_are_refused(made: bytes) -> None:
    with pytest.raises(ValueError, match="it is"):
        telephone_wav(made)


# -- a program that speaks -----------------------------------------------------------------


@pytest.fixture
def speaks(tmp_path: Path) -> Callable[..., Speaker]:
    """Gives a speaker whose voice is a program of Python's, told in the words after its name."""
    (tmp_path / "tone.wav").write_bytes(wav(tone(700)))

    def speaker(program: str, **more: object) -> Speaker:
        text = f"import sys, time, shutil; spoken = sys.stdin.read(); {program}"
        command = (sys.executable, "-c", text, "{file}", str(tmp_path / "tone.wav"), "{voice}")
        speech = Speech(command=command, voices={"en": "alan"}, **more)  # type: ignore[arg-type]
        return Speaker(speech, Folder(here=tmp_path / "sounds", there="/seen/sounds"))

    return speaker


GOOD = "shutil.copy(sys.argv[2], sys.argv[1])"


def test_a_text_is_spoken_once_and_kept_under_its_name(
    speaks: Callable[..., Speaker], tmp_path: Path
) -> None:
    counted = tmp_path / "spoken"
    speaker = speaks(f"open({str(counted)!r}, 'a').write(spoken + '|'); {GOOD}")
    assert speaker.made("Hello, $(id) there", "en") is None
    sound = speaker.sound("Hello, $(id) there", "en")
    assert sound == speaker.sound("Hello, $(id) there", "en")
    assert sound == speaker.made("Hello, $(id) there", "en")
    assert counted.read_text() == "Hello, $(id) there|", "once, and no shell has read it"
    file = speaker.file("Hello, $(id) there", "en")
    assert file is not None
    assert sound == f"/seen/sounds/{file.stem}"
    assert abs(pitch(played(file.read_bytes())) - 700) < 5
    assert file.stat().st_mode & 0o444 == 0o444, "Asterisk may be another user"
    assert list(file.parent.iterdir()) == [file], "no draft is left"
    assert speaker.sound("Another text", "en") != sound


def test_a_program_may_write_to_its_output(speaks: Callable[..., Speaker]) -> None:
    speaker = speaks("sys.stdout.buffer.write(open(sys.argv[2], 'rb').read())")
    assert speaker.sound("Hello", "en") == speaker.made("Hello", "en")


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("sys.exit('no such model')", "no such model"),
        ("sys.exit(3)", "status 3"),
        ("pass", "made no sound"),
        ("open(sys.argv[1], 'w').write('RIFF')", "made no sound"),
    ],
)
def test_a_voice_that_fails_leaves_nothing_behind_and_says_why(
    speaks: Callable[..., Speaker], tmp_path: Path, program: str, why: str
) -> None:
    speaker = speaks(program)
    with pytest.raises(SpeechError, match=why):
        speaker.sound("Hello", "en")
    assert speaker.made("Hello", "en") is None
    assert not (tmp_path / "sounds").exists()


def test_a_voice_that_hangs_is_ended(speaks: Callable[..., Speaker]) -> None:
    with pytest.raises(SpeechError, match=r"longer than 1 s.*timeout_s"):
        speaks("time.sleep(30)", timeout_s=1).sound("Hello", "en")


def test_a_language_without_a_voice_and_a_program_that_is_not_there_are_told(
    speaks: Callable[..., Speaker], tmp_path: Path
) -> None:
    with pytest.raises(SpeechError, match=r"'nb'.*\[speech.voices\]"):
        speaks(GOOD).sound("Hei", "nb")
    nothing = Speaker(Speech(command=("no-such-voice",)), Folder(here=tmp_path, there="/x"))
    with pytest.raises(SpeechError, match=r"cannot be run.*speech\.command"):
        nothing.sound("Hello", "en")


def test_a_folder_that_cannot_be_written_is_told(
    speaks: Callable[..., Speaker], tmp_path: Path
) -> None:
    (tmp_path / "sounds").write_text("a file")
    with pytest.raises(SpeechError, match=r"cannot be written.*asterisk\.sounds"):
        speaks(GOOD).sound("Hello", "en")


@pytest.mark.parametrize(("length", "fits"), [(5000, True), (5001, False)])
def test_a_text_has_an_end(speaks: Callable[..., Speaker], length: int, fits: bool) -> None:
    speaker = speaks(GOOD)
    if fits:
        assert speaker.sound("a" * length, "en")
    else:
        with pytest.raises(SpeechError, match="too long"):
            speaker.sound("a" * length, "en")


def test_the_voice_on_path_goes_before_one_beside_asterisk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, path = tmp_path / "root", tmp_path / "bin"
    (root / "usr/bin").mkdir(parents=True)
    path.mkdir()
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    folder = Folder(here=root / "srv/sounds", there="/srv/sounds")
    assert built_in(folder) is None
    (root / "usr/bin/espeak-ng").touch()
    beside = built_in(folder)
    assert beside is not None
    assert beside[1:] == (str(root), "/usr/bin/espeak-ng")
    assert built_in(Folder(here=Path("/srv/sounds"), there="/srv/sounds")) is None
    (path / "espeak-ng").touch(mode=0o755)
    assert built_in(folder) == (str(path / "espeak-ng"),)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    (path / "espeak-ng").unlink()
    assert built_in(folder) is None, "only root may enter another root"
