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
_PIECE, _SLACK = RATE // 5, RATE // 20


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


def resembles(heard: np.ndarray, played: np.ndarray) -> float:
    """Return how much of a sound is in what was heard, from 0 to 1, wherever in it it begins.

    It is compared by the fifth of a second. The loudest piece is looked for everywhere, each
    other one near the place at which its neighbour was found: a packet that comes late on a busy
    machine moves all that follows it.
    """
    pieces = played[: len(played) // _PIECE * _PIECE].reshape(-1, _PIECE)
    energies = (pieces**2).sum(axis=1)
    if not energies.any():
        return 0.0
    loudest = int(np.argmax(energies))
    around = np.pad(heard, len(played))
    likeness, begin = _best(around, pieces[loudest])
    found = likeness * energies[loudest]
    for step in (1, -1):
        at = begin
        for piece in range(loudest + step, len(pieces) if step > 0 else -1, step):
            at += step * _PIECE
            low = max(0, at - _SLACK)
            likeness, shift = _best(around[low : at + _PIECE + _SLACK], pieces[piece])
            found += likeness * energies[piece]
            if likeness > 0.5 and energies[piece] > 0.05 * energies[loudest]:
                at = low + shift
    return float(found / energies.sum())


def _best(around: np.ndarray, piece: np.ndarray) -> tuple[float, int]:
    """Return how alike a piece is to the place that is most like it, and where that is."""
    if len(around) < len(piece):
        return 0.0, 0
    squares = np.concatenate([[0.0], np.cumsum(around**2)])
    loudness = np.sqrt(np.maximum(squares[len(piece) :] - squares[: -len(piece)], 0.0))
    products = np.correlate(around, piece, "valid")
    likeness = products / np.maximum(loudness * np.linalg.norm(piece), 1.0)
    place = int(np.argmax(likeness))
    return float(likeness[place]), place
