"""The surroundings of everything that works on a base: where it is, what is set, what time it is.

The command line, the desk and whatever screen comes later are given the same thing.
"""

import os
import pwd
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from leads.names import printable_lines

if TYPE_CHECKING:
    from sqlalchemy import Engine


TOKEN_VARIABLE = "RINGBANK_AGENT_TOKEN"  # noqa: S105  (its name, not its value)
"""The environment variable in which agents say who they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """An agent who has proved by a token who they are.

    Attributes:
        roles: the words of `campaigns.model.Role`.
        own_only: they may act in their own name only, and touch no lease but their own.
    """

    id: int
    name: str
    roles: frozenset[str]
    own_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What commands need to know of the configuration.

    Attributes:
        region: ISO country of numbers written without a country code, or None.
        registries: the folder with the files of do-not-call registers.
        trunks: name -> the caller ids that may be shown on it.
        engine: the name of the engine that these settings are for.
        rules_folder: the folder with the operator's own rule files, or None.
        own_rules: what the operator asks for besides the law, as `campaigns.rules.own` writes it.
        require_token: commands are for agents who say by a token who they are.
        pauses: code of each pause of agents -> paid or unpaid.
        recordings: the folder of recorded talks, or None where it is not known here.
        transfers: where agents may move people: name -> E.164 or a channel.
    """

    region: str | None
    registries: Path
    trunks: Mapping[str, Sequence[str]]
    engine: str
    rules_folder: Path | None
    own_rules: Mapping[str, object]
    require_token: bool
    pauses: Mapping[str, str]
    recordings: Path | None = None
    transfers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Site:
    """One installation, as one process uses it.

    Attributes:
        config_file: the configuration that was named, or the default one.
        opener: opens the base that the configuration names.
        settings: reads what the configuration says.
        identify: finds out who acts, of this site.
    """

    config_file: Path
    opener: "Callable[[], Engine]"
    settings: Callable[[], Settings]
    identify: "Callable[[Site], Actor | None]" = field(default=lambda _: None, repr=False)
    _base: "Engine | None" = field(default=None, repr=False)
    _actor: Actor | None = field(default=None, repr=False)
    _is_identified: bool = field(default=False, repr=False)

    def base(self) -> "Engine":
        """Return the base, opened at the first call.

        Raises:
            RingbankError: the configuration or the base cannot be used.
        """
        if self._base is None:
            self._base = self.opener()
        return self._base

    def close(self) -> None:
        """Let go of the base, if it was opened; the next use opens it anew."""
        if self._base is not None:
            self._base.dispose()
            self._base = None

    def region(self) -> str | None:
        """Return the ISO country of numbers that are written without one."""
        return self.settings().region

    def region_of(self, given: str | None) -> str | None:
        """Return the country that an option names, or else that of the configuration.

        Raises:
            UsageError: it is no country.
        """
        from leads.phone import known_region

        region = given or self.region()
        return known_region(region) if region else None

    def now(self) -> datetime:
        """Return the machine's time, aware UTC: the one clock of all commands."""
        return datetime.now(UTC)

    def actor(self) -> Actor | None:
        """Return the agent who acts, or None where nobody has said by a token who they are.

        Raises:
            RingbankError: the token is nobody's, or the base cannot be asked.
        """
        if not self._is_identified:
            self._actor = self.identify(self)
            self._is_identified = True
        return self._actor

    def acts(self, actor: Actor) -> None:
        """Take somebody for who acts: they have proved it otherwise."""
        self._actor, self._is_identified = actor, True

    def user(self) -> str:
        """Return who acts, for what is kept of it: an agent with a token, else the system's user.

        Raises:
            RingbankError: the token is nobody's, or the base cannot be asked.
        """
        actor = self.actor()
        if actor is not None:
            return actor.name
        # Who this process is, whatever $USER says.
        try:
            return pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            return f"uid {os.getuid()}"  # a container may know no name for its user

    def say(self, text: str) -> None:
        """Tell the person at the terminal something that is not data; a screen has its own place."""
        print(printable_lines(text), file=sys.stderr, flush=True)
