"""What a telephone of the lab hears: which tones are in the last moments of its file."""

import time
import wave
from pathlib import Path

import numpy as np

RATE = 8000
_CLEAR = 20.0
"""A tone counts as heard when it stands out so far above what is usual in the spectrum."""
_LEAST = 30.0
"""The least root mean square of sound that is no silence, of 32,767."""


def samples(path: Path) -> np.ndarray:
    """Return all samples of a WAV file, also of one that is still being written."""
    data = path.read_bytes()[44:] if path.exists() else b""
    return np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2").astype(float)


def finished(path: Path) -> np.ndarray:
    """Return the samples of a WAV file that has been closed; its header must be whole."""
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float)


def tones_in(sound: np.ndarray, tones: tuple[int, ...]) -> set[int]:
    """Return which of the tones are in a sound of half a second or more."""
    if not len(sound) or np.sqrt(np.mean(sound**2)) < _LEAST:
        return set()
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    usual = np.median(spectrum) + 1.0
    width = len(sound) / RATE
    found = set()
    for tone in tones:
        near = spectrum[int((tone - 8) * width) : int((tone + 8) * width) + 1]
        if near.max() > _CLEAR * usual and near.max() > spectrum.max() / 30:
            found.add(tone)
    return found


class Ear:
    """Listens to a telephone from now on."""

    def __init__(self, path: Path, tones: tuple[int, ...]) -> None:
        self._path = path
        self._tones = tones

    def hears(self, *, within: float = 10.0, want: set[int]) -> None:
        """Wait until the newest second holds exactly these tones.

        Asterisk writes files in blocks of some two seconds.
        """
        deadline = time.monotonic() + within
        start = len(samples(self._path))
        heard: set[int] = set()
        while time.monotonic() < deadline:
            time.sleep(0.1)
            fresh = samples(self._path)[start:]
            if len(fresh) >= RATE:
                heard = tones_in(fresh[-RATE:], self._tones)
                if heard == want:
                    return
        raise AssertionError(f"{self._path.name} hears {heard}, not {want}")
