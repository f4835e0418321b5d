"""Whether the files of the national registers in force are here, for an engine that dials.

The verdicts of numbers are in the base; the file proves that they were reached on what this
machine has. Without it, or with another one, the engine places no call, and says why,
instead of putting everybody back one by one.
"""

from pathlib import Path

from sqlalchemy import Connection

from leads import listings, registries
from leads.model import Registry
from leads.registry_file import Digests


class RegistryFiles:
    """The registers in force and what is known of their files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._digests = Digests()
        self._current: tuple[Registry, ...] = ()
        self._checked: tuple[Registry, ...] = ()

    def see(self, connection: Connection) -> bool:
        """Learn which versions are in force; tell whether they are others than were checked."""
        self._current = listings.current(connection)
        return self._current != self._checked

    def check(self) -> None:
        """Read the files that are new or have changed: a second for 400 MB, so in no transaction."""
        for registry in self._current:
            self._digests.of(registries.path_of(registry, self._folder))
        self._checked = self._current

    def why_not(self) -> str | None:
        """Return why no call may be placed, or None; nothing is read but the files' dates."""
        for registry in self._current:
            path = registries.path_of(registry, self._folder)
            digest = self._digests.known(path)
            if digest is None and path.exists():
                return f"gate registry: the file of registry {registry} is being checked"
            problem = registries.file_problem(registry, self._folder, digest)
            if problem is not None:
                return f"gate registry: {problem}"
        return None
