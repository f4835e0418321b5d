"""The base: locked by somebody else, on a full disk, its connection lost in the middle of a commit."""

import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import socket

from sqlalchemy import make_url, text

from leads.db import writing
from tests.faults.proxy import Proxy
from tests.faults.scene import Fault, Ground, Scene

_DISK_MB = 16


def lock(scene: Scene) -> str:
    """Have somebody else write for seconds on end."""
    lasts_s = scene.random.uniform(0.5, 4 if scene.short else 8)
    with writing(scene.site.base) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("LOCK TABLE attempts IN ACCESS EXCLUSIVE MODE"))
        time.sleep(lasts_s)
    return f"locked for {lasts_s:.1f} s"


@contextmanager
def small_disk(ground: Ground) -> Iterator[None]:
    """Put the base on a disk of its own, where this user may make one."""
    disk = ground.folder / "disk"
    disk.mkdir()
    there = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_DISK_MB}m", "tmpfs", disk],
        capture_output=True,
        check=False,
    )
    shutil.copy(make_url(ground.url).database, disk / "ringbank.db")
    ground.url = f"sqlite:///{disk / 'ringbank.db'}"
    try:
        yield
    finally:
        if there.returncode == 0:
            subprocess.run(["umount", "--lazy", disk], check=True)


def fill_disk(scene: Scene) -> str:
    """Leave no room on the base's disk, or let the engine write to no file."""
    disk = Path(make_url(scene.site.url).database).parent
    lasts_s = scene.random.uniform(0.5, 4)
    if not disk.is_mount():
        return _forbid_writing(scene, lasts_s)
    ballast = disk / "ballast"
    _fill(ballast)
    until_s = time.monotonic() + lasts_s
    # What the engine gives up meanwhile is filled up as well.
    while time.monotonic() < until_s or "cannot be written" not in scene.engine.said:
        assert time.monotonic() < until_s + 10, "the engine did not want to write"
        assert scene.engine.lives, scene.engine.said
        _fill(ballast)
        time.sleep(0.05)
    ballast.unlink()
    return f"the disk was full for {lasts_s:.1f} s"


def _fill(ballast: Path) -> None:
    with suppress(OSError), ballast.open("ab", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def _forbid_writing(scene: Scene, lasts_s: float) -> str:
    usual = resource.prlimit(scene.engine.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(scene.engine.pid, resource.RLIMIT_FSIZE, (0, usual[1]))
    time.sleep(lasts_s)
    assert scene.engine.lives, scene.engine.said
    resource.prlimit(scene.engine.pid, resource.RLIMIT_FSIZE, usual)
    return f"no file could be written for {lasts_s:.1f} s"


class _WayToTheBase(Proxy):
    """The way to PostgreSQL, which can break at a commit.

    Attributes:
        breaks_at: how many commits from now; None: at none.
        carried_out: whether the server gets that commit.
    """

    breaks_at: int | None = None
    carried_out = False

    def _forth(self, source: socket, sink: socket) -> None:
        with suppress(OSError), source:
            while data := source.recv(65536):
                if b"COMMIT" in data and self.breaks_at is not None:
                    self.breaks_at -= 1
                    if self.breaks_at <= 0:
                        self.breaks_at = None
                        if self.carried_out:
                            source.shutdown(2)  # before there can be an answer
                            sink.sendall(data)
                            sink.recv(1)  # it is carried out, and nobody hears of it
                        self.drop()
                        return
                sink.sendall(data)

    def _back(self, source: socket, sink: socket) -> None:
        with suppress(OSError), source:
            while data := source.recv(65536):
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(2)


@contextmanager
def way_to_the_base(ground: Ground) -> Iterator[None]:
    url = make_url(ground.url)
    way = _WayToTheBase(url.port, ground.random)
    ground.base_proxy = way
    ground.url = url.set(port=way.port).render_as_string(hide_password=False)
    try:
        yield
    finally:
        way.cut()


def cut_commit(scene: Scene) -> str:
    """Lose the connection at a commit, three times, the server having carried it out or not.

    The campaign may be over before the third.
    """
    way = scene.ground.base_proxy
    assert isinstance(way, _WayToTheBase)
    told: list[str] = []
    for _ in range(3):
        way.carried_out = scene.random.random() < 0.5
        way.breaks_at = scene.random.randint(1, 4)
        scene.engine.until(lambda: way.breaks_at is None or (told and not scene.engine.lives), 10)
        if way.breaks_at is not None:
            way.breaks_at = None
            break
        told.append("carried out" if way.carried_out else "not carried out")
        time.sleep(scene.random.uniform(0, 0.5))
    return f"commits {', '.join(told)}"


FAULTS = (
    Fault(name="base_locked", strike=lock),
    Fault(name="disk_full", strike=fill_disk, prepared=small_disk, databases=("sqlite",)),
    Fault(
        name="commit_cut", strike=cut_commit, prepared=way_to_the_base, databases=("postgresql",)
    ),
)
