"""Finds an Asterisk for the lab on this machine, or fetches one from Debian's archive.

An Asterisk on PATH is used when it has all the lab needs. Debian 12 and 13 have no
package of it, so otherwise a minimal Debian "sid" with Asterisk is bootstrapped into a
folder of its own, nothing else of the machine being changed, and entered with chroot.
"""

import fcntl
import hashlib
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dialer.asterisk.features import MODULES, OLDEST_VERSION, major
from dialer.lab.archive import Source, deb822_sources, debian_archive, list_sources
from leads.errors import RingbankError

Tell = Callable[[str], None]
"""Is given one sentence for each step that takes long."""

SOUNDS = ("hello", "beep", "tt-allbusy", "vm-theperson", "auth-thankyou", "silence/1", "silence/10")
"""The recordings that the lab's people and the sample campaigns play."""

LAB_MODULES = (
    *("app_senddtmf.so", "cdr_custom.so", "func_callerid.so", "func_cdr.so", "func_cut.so"),
    "res_clioriginate.so",
)
"""What the carrier needs beyond the modules of Ringbank's own dialplan."""

_VOICE_PACKAGE = "espeak-ng"
_VOICE = "usr/bin/espeak-ng"
"""The voice that speaks texts to people, below the root of a fetched Asterisk."""

_REMEDY = (
    f"install Asterisk {OLDEST_VERSION} or newer with your package manager, put it on PATH, "
    "and try again"
)
_MODULE_FOLDERS = (
    "usr/lib/*/asterisk/modules",
    "usr/lib/asterisk/modules",
    "usr/lib64/asterisk/modules",
    "usr/local/lib/asterisk/modules",
)
_DATA_FOLDERS = ("usr/share/asterisk", "var/lib/asterisk", "usr/local/share/asterisk")


class InstallError(RingbankError):
    """No usable Asterisk was found, and none could be fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """An Asterisk that can be run.

    Attributes:
        argv: the command that runs it, without arguments.
        root: the folder that it sees as its root: "/" or that of the chroot.
        modules: its folder of modules, as it sees it.
        data: its folder of sounds and documentation, as it sees it.
    """

    argv: tuple[str, ...]
    root: Path
    modules: str
    data: str

    def seen(self, path: Path) -> str:
        """Return a path of this machine as that Asterisk sees it."""
        return "/" + str(path.relative_to(self.root))

    def homes(self, state: Path) -> Path:
        """Return the folder for the servers' files: the state's own, or one in the chroot."""
        if self.root == Path("/"):
            return state
        # Short: the path of a server's control socket may have 107 characters and no more.
        digest = hashlib.sha256(str(state.absolute()).encode()).hexdigest()[:12]
        return self.root / "srv" / "ringbank" / digest


def cache_folder() -> Path:
    """Return where a fetched Asterisk is kept: RINGBANK_LAB_ROOT, or the user's cache."""
    named = os.environ.get("RINGBANK_LAB_ROOT")
    if named:
        return Path(named).absolute()
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache).absolute() / "ringbank" / "asterisk-root"


def install(tell: Tell) -> Installation:
    """Return an Asterisk for the lab, fetching one when the machine has none that will do.

    What was fetched is kept and found at the next call.

    Raises:
        InstallError: there is none, and none can be fetched.
    """
    own = shutil.which("asterisk")
    if own:
        found, lacks = _on_path(own)
        if found and not lacks:
            if not shutil.which(_VOICE_PACKAGE):
                tell(f"There is no voice: install {_VOICE_PACKAGE}, or texts are not spoken.")
            return found
        tell(f"{own} cannot be used for the lab: it lacks {', '.join(lacks)}.")
    folder = cache_folder()
    if not _is_complete(folder):
        _require_root()
        with _only_one(folder, tell):
            if not _is_complete(folder):
                _bootstrap(folder, tell)
    found = _in_chroot(folder)
    if voice_in(folder) is None:
        with _only_one(folder, tell):
            _add_voice(folder, tell)
    return found


def voice_in(root: Path) -> tuple[str, ...] | None:
    """Return how the voice below a root that is not ours is run, if it can be."""
    if os.geteuid() != 0 or not (root / _VOICE).is_file():
        return None
    return (_chroot(), str(root), f"/{_VOICE}")


def lacking(root: Path, modules: str, data: str) -> tuple[str, ...]:
    """Return the names of the modules and sounds that an installation does not have."""
    module_folder = root / modules.lstrip("/")
    sounds = _sounds(root, data)
    return (
        *(name for name in (*MODULES, *LAB_MODULES) if not (module_folder / name).is_file()),
        *(f"sound {name}" for name in SOUNDS if not any(sounds.glob(f"{name}.*"))),
    )


def _on_path(program: str) -> tuple[Installation | None, tuple[str, ...]]:
    version = _output(program, "-V")
    number = major(version)
    if number is None or number < OLDEST_VERSION:
        return None, (f"version {OLDEST_VERSION} or newer (it says {version or 'nothing'})",)
    root = Path("/")
    modules = _setting("astmoddir") or _first_folder(root, _MODULE_FOLDERS)
    data = _setting("astdatadir") or _data_folder(root)
    if not modules or not data:
        return None, ("its folders of modules and sounds at the usual places",)
    found = Installation(argv=(program,), root=root, modules=modules, data=data)
    return found, lacking(root, modules, data)


def _data_folder(root: Path) -> str | None:
    """Return the usual data folder that has English sounds in it."""
    usual = (f"/{folder}" for folder in _DATA_FOLDERS if _sounds(root, folder).is_dir())
    return next(usual, None)


def _sounds(root: Path, data: str) -> Path:
    """Return the folder of English sounds, its links followed as one sees them from the root."""
    path = root / data.lstrip("/") / "sounds" / "en"
    while path.is_symlink():
        target = path.readlink()
        path = root / str(target).lstrip("/") if target.is_absolute() else path.parent / target
    return path


def _setting(name: str) -> str | None:
    """Return a folder from the machine's own asterisk.conf, where it is set there."""
    try:
        text = Path("/etc/asterisk/asterisk.conf").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    found = re.search(rf"^\s*{name}\s*=>?\s*(/[^;\s]*)", text, re.MULTILINE)
    return found[1] if found else None


def _first_folder(root: Path, patterns: tuple[str, ...]) -> str | None:
    found = (path for pattern in patterns for path in sorted(root.glob(pattern)))
    return next((f"/{path.relative_to(root)}" for path in found), None)


def _is_complete(folder: Path) -> bool:
    """Tell whether a chroot was finished: it gets its name only then."""
    return (folder / "usr/sbin/asterisk").is_file()


def _in_chroot(folder: Path) -> Installation:
    _require_root()
    modules = _first_folder(folder, _MODULE_FOLDERS)
    data = _data_folder(folder)
    lacks = lacking(folder, modules, data) if modules and data else ("modules or sounds",)
    if lacks or not modules or not data:
        raise InstallError(
            f"the Asterisk in {folder} lacks {', '.join(lacks)}; remove that folder to have "
            f"it fetched anew, or {_REMEDY}"
        )
    return Installation(
        argv=(_chroot(), str(folder), "/usr/sbin/asterisk"), root=folder, modules=modules, data=data
    )


def _chroot() -> str:
    return shutil.which("chroot") or "/usr/sbin/chroot"


def _require_root() -> None:
    if os.geteuid() != 0:
        raise InstallError(
            "there is no usable Asterisk on PATH, and only root may fetch one and enter it with "
            f"chroot; run as root, or {_REMEDY}"
        )


@contextmanager
def _only_one(folder: Path, tell: Tell) -> Iterator[None]:
    """Hold the folder's lock: of two installations at once the second waits for the first."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = (folder.parent / f"{folder.name}.lock").open("w")
    except OSError as error:
        raise InstallError(
            f"{folder.parent} cannot be written ({error.strerror}); set RINGBANK_LAB_ROOT to a "
            "folder that can"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("Another Ringbank is fetching Asterisk; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _bootstrap(folder: Path, tell: Tell) -> None:
    """Fetch Debian sid with Asterisk into a draft folder, and name it when it is complete."""
    archive = debian_archive(_apt_sources())
    if archive is None:
        raise InstallError(f"apt on this machine knows no Debian archive over http; {_REMEDY}")
    _need_debootstrap(tell)
    draft = folder.with_name(f"{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    tell(f"Fetching Asterisk from {archive}: one to three minutes, 500 MB in {folder}.")
    with _proc():
        _do(
            "Debian with Asterisk could not be fetched",
            "debootstrap",
            "--variant=minbase",
            f"--include=asterisk,{_VOICE_PACKAGE}",
            "sid",
            str(draft),
            archive,
            log=draft / "debootstrap" / "debootstrap.log",
        )
    # Without these Asterisk waits up to 20 s in each call for the name of its own host.
    (draft / "etc/hosts").write_text(
        f"127.0.0.1 localhost {socket.gethostname()}\n::1 localhost\n", encoding="utf-8"
    )
    (draft / "etc/nsswitch.conf").write_text("hosts: files\n", encoding="utf-8")
    (draft / "etc/resolv.conf").unlink(missing_ok=True)
    (draft / "etc/resolv.conf").touch()
    shutil.rmtree(draft / "var/cache/apt/archives", ignore_errors=True)
    try:
        draft.rename(folder)
    except OSError as error:
        raise InstallError(
            f"the fetched Asterisk cannot be moved to {folder} ({error.strerror}); remove what is "
            "there and try again"
        ) from error
    tell("Asterisk is installed.")


def _add_voice(folder: Path, tell: Tell) -> None:
    """Install the voice into a chroot that was fetched when none was asked for yet.

    This machine's apt does it, with the chroot's sources and lists: inside there is no network.
    A lab without a voice is a lab all the same.
    """
    if voice_in(folder) is not None:
        return  # another process did it, while this one waited
    tell("Adding a voice to the Asterisk of the lab.")
    apt = (
        "apt-get",
        "-qq",
        *("-o", f"Dir={folder}"),
        *("-o", f"Dir::State::status={folder}/var/lib/dpkg/status"),
        *("-o", f"DPkg::Options::=--root={folder}"),
        *("-o", "APT::Sandbox::User=root"),
    )
    failure = f"{_VOICE_PACKAGE} could not be added to {folder}"
    try:
        _do(failure, *apt, "update")
        _do(failure, *apt, "install", "-y", "--no-install-recommends", _VOICE_PACKAGE)
    except InstallError as error:
        tell(f"{error}. Texts are not spoken until it is there, or on PATH.")
    shutil.rmtree(folder / "var/cache/apt/archives", ignore_errors=True)


@contextmanager
def _proc() -> Iterator[None]:
    """Have /proc mounted, which a bare chroot lacks and making device files needs."""
    if Path("/proc/self").exists():
        yield
        return
    _do("/proc could not be mounted", "mount", "-t", "proc", "proc", "/proc")
    try:
        yield
    finally:
        _do("/proc could not be unmounted", "umount", "-l", "/proc")


def _need_debootstrap(tell: Tell) -> None:
    if shutil.which("debootstrap"):
        return
    if not shutil.which("apt-get"):
        raise InstallError(f"there is neither debootstrap nor apt-get on this machine; {_REMEDY}")
    tell("Installing debootstrap.")
    _do("the package lists could not be fetched", "apt-get", "update", "-qq")
    _do("debootstrap could not be installed", "apt-get", "install", "-y", "-qq", "debootstrap")


def _apt_sources() -> Iterator[Source]:
    folder = Path("/etc/apt/sources.list.d")
    for path in sorted(folder.glob("*.sources")):
        yield from deb822_sources(_text(path))
    for path in (Path("/etc/apt/sources.list"), *sorted(folder.glob("*.list"))):
        yield from list_sources(_text(path))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _do(failure: str, *argv: str, log: Path | None = None) -> None:
    """Run a program of the system; its last words, or those of its log, go into the error."""
    try:
        done = subprocess.run(  # noqa: S603 (fixed programs, no shell)
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"},
        )
    except OSError as error:
        raise InstallError(f"{failure} ({argv[0]}: {error.strerror}); {_REMEDY}") from error
    if done.returncode:
        words = (log and _text(log)) or done.stdout
        said = [line for line in words.splitlines() if line.strip()] or ["no reason given"]
        raise InstallError(f"{failure} ({argv[0]}: {said[-1].strip()}); {_REMEDY}")


def _output(*argv: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 (fixed programs, no shell)
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
