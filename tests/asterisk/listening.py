"""What people and agents hear: recorded at the far end of the telephone network, and analysed."""

import time
import wave
from pathlib import Path

import numpy as np

from dialer.lab.lab import Lab

RATE = 8000
FRAME = RATE // 50
"""20 ms, as long as one packet of voice."""


class Ear:
    """Records what arrives at the telephones of the lab's network."""

    def __init__(self, lab: Lab) -> None:
        self._network = lab.carrier
        self._network.cli("module load app_mixmonitor.so")
        self._files: dict[str, str] = {}  # channel -> file

    def listen(self) -> None:
        """Begin to record every telephone that is not recorded yet."""
        for channel in self.telephones() - self._files.keys():
            file = f"{time.time_ns()}-{len(self._files)}"
            done = self._network.cli(f"mixmonitor start {channel} {file}-both.wav,r({file}.wav)")
            assert done.returncode == 0, done
            self._files[channel] = file

    def telephones(self) -> set[str]:
        """Return the channels of the network."""
        shown = self._network.cli("core show channels concise").stdout
        return {line.partition("!")[0] for line in shown.splitlines() if line.startswith("PJSIP/")}

    def heard(self, channel: str) -> np.ndarray:
        """Return what a telephone has heard since it was recorded, as numbers from -1 to 1."""
        self._network.cli(f"mixmonitor stop {channel}")
        (file,) = self._network.home.glob(f"spool/monitor/{self._files[channel]}.wav")
        _wait_for_the_end(file)
        with wave.open(str(file)) as sound:
            assert (sound.getframerate(), sound.getsampwidth()) == (RATE, 2)
            frames = sound.readframes(sound.getnframes())
        return np.frombuffer(frames, dtype="<i2") / 32768


def _wait_for_the_end(file: Path) -> None:
    size = -1
    while file.stat().st_size != size:
        size = file.stat().st_size
        time.sleep(0.3)


def loudness(sound: np.ndarray) -> np.ndarray:
    """Return the root mean square of each 20 ms."""
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    return np.sqrt((frames**2).mean(axis=1))


def strength(sound: np.ndarray, hz: float) -> np.ndarray:
    """Return how strong a frequency is in each 20 ms, heard over 40 ms."""
    starts = range(0, len(sound) - 2 * FRAME, FRAME)
    windows = np.stack([sound[start : start + 2 * FRAME] for start in starts])
    probe = np.exp(-2j * np.pi * hz / RATE * np.arange(2 * FRAME)) * np.hanning(2 * FRAME)
    return np.abs(windows @ probe) / FRAME
