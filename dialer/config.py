"""config.toml and the environment, read into values; every fault is told at once.

The file is for what differs between installations. It never holds the AMI secret: that
comes from RINGBANK_ASTERISK_SECRET or from a file of its own.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from campaigns.fields import Section
from campaigns.pauses import read_pauses
from campaigns.rules import civil
from campaigns.rules.own import ZONE_POLICIES, Own
from dialer.returned_sounds import ReturnedSounds, read_sounds
from dialer.trunks import Trunk
from dialer.voices import Speech, read_speech
from leads.errors import UsageError
from leads.problems import Problem, usable

SECRET_VARIABLE = "RINGBANK_ASTERISK_SECRET"  # noqa: S105  (its name, not its value)

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_CHANNEL = re.compile(r"[A-Za-z0-9]+/[^\s,;|\r\n]*\{number\}[^\s,;|\r\n]*")
_SOUND = re.compile(r"[A-Za-z0-9_./-]+")
_GOODBYE = "vm-goodbye"
FOLDER = re.compile(r"/[A-Za-z0-9_./-]+")
"""A folder whose path Asterisk's dialplan reads as it is written."""
_ANY_CHANNEL = re.compile(r"[A-Za-z0-9]+/[A-Za-z0-9_.+@:-]+")
_COUNTRY = re.compile("[A-Z]{2}")
_MOST_CALLS, _MOST_A_SECOND = 10_000, 500
_MOST_A_PERSON = 1000
_STOP_LIMIT_S, _MOST_STOP_LIMIT_S = 600, 86_400  # longer than most talks, and a day


@dataclass(frozen=True, slots=True, kw_only=True)
class Asterisk:
    """Where the manager interface answers, and as whom to log in.

    Attributes:
        tls: the conversation is encrypted, and the server's certificate must be for `host`.
        ca_file: the certificates of who may vouch for it; None: whom the system trusts.
    """

    host: str
    port: int
    username: str
    secret: str = field(repr=False)
    tls: bool = False
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One installation.

    Attributes:
        region: ISO country of numbers written without a country code, or None.
        registries: the folder with the files of do-not-call registers.
        secret: of the manager user, or None where it was not given.
        secret_file: the file that holds it, or None where none is named.
        tls: the manager interface is spoken to over TLS.
        ca_file: the certificates of who may vouch for Asterisk; None: whom the system trusts.
        rules_folder: the folder with the operator's own rule files, or None.
        own_rules: what the operator asks for besides the law.
        require_token: commands are for agents who say by a token who they are.
        pauses: code of each pause of agents -> paid or unpaid.
        goodbye: the sound that ends a call with somebody who is hostile.
        recordings: the folder in which Asterisk records talks, the same path here and there;
            empty: the folder `ringbank` in its own one, which is not known here.
        transfers: where agents may move people: name -> E.164 or a channel.
        returned: what people hear who call back.
        sounds: the folder into which texts are spoken; empty: it is not known here.
        sounds_there: the same folder as Asterisk sees it.
        speech: how texts are spoken.
        stop_limit_s: how long an engine that is to stop waits for the calls in flight.
    """

    file: Path
    database_url: str = field(repr=False)  # it may hold a password
    engine: str
    host: str
    port: int
    username: str
    secret: str | None = field(repr=False)
    trunks: Mapping[str, Trunk]
    region: str | None
    registries: Path
    rules_folder: Path | None
    own_rules: Own
    require_token: bool
    pauses: Mapping[str, str]
    goodbye: str
    recordings: str
    transfers: Mapping[str, str]
    sounds: str
    sounds_there: str
    speech: Speech
    returned: ReturnedSounds = field(default_factory=ReturnedSounds)
    secret_file: Path | None = None
    tls: bool = False
    ca_file: Path | None = None
    stop_limit_s: int = _STOP_LIMIT_S

    def asterisk(self) -> Asterisk:
        """Return how to reach Asterisk.

        Raises:
            UsageError: the secret is not known.
        """
        if not self.secret:
            raise UsageError(
                f"the secret of the manager user {self.username!r} is not known; set "
                f"{SECRET_VARIABLE}, or asterisk.secret_file in {self.file}"
            )
        return Asterisk(
            host=self.host,
            port=self.port,
            username=self.username,
            secret=self.secret,
            tls=self.tls,
            ca_file=self.ca_file,
        )


def load(file: Path, environment: Mapping[str, str]) -> Config:
    """Read a configuration.

    Raises:
        UsageError: the file cannot be read or used; the message names every fault.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"the configuration {file} cannot be read ({error.strerror}); name another with "
            "--config FILE or RINGBANK_CONFIG"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"the configuration {file} is not UTF-8; save it as UTF-8") from error
    config = read_config(text, file=file, environment=environment)
    return usable(f"the configuration {file} cannot be used", config)


def read_config(
    text: str, *, file: Path, environment: Mapping[str, str]
) -> Config | tuple[Problem, ...]:
    """Return the configuration in a text, or everything that is wrong with it."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        return (Problem(where="syntax", why=str(error)),)
    problems: list[Problem] = []
    root = Section(document, problems)
    asterisk = root.section("asterisk")
    engine = root.section("engine")
    leads = root.section("leads")
    rules = root.section("rules")
    rules_folder = rules.text("folder", required=False)
    sounds = _folder(asterisk, "sounds")
    secret_file = _beside(file, asterisk.text("secret_file", required=False))
    tls = asterisk.flag("tls")
    config = Config(
        file=file,
        database_url=_or(root.section("database").text("url", required=False), _DATABASE),
        engine=_or(engine.text("name", required=False), "default"),
        host=_or(asterisk.text("host", required=False), "127.0.0.1"),
        port=asterisk.whole("port", 1, 65_535, default=_TLS_PORT if tls else _PORT),
        username=_or(asterisk.text("username", required=False), "dialer"),
        secret=_secret(asterisk, secret_file, environment=environment),
        trunks=_trunks(root.section("trunks")),
        region=_region(leads),
        registries=Path(_or(leads.text("registries", required=False), "registries")),
        rules_folder=Path(rules_folder) if rules_folder else None,
        own_rules=_own_rules(rules),
        require_token=root.section("access").flag("require_token"),
        pauses=read_pauses(root),
        goodbye=_goodbye(asterisk),
        recordings=_folder(asterisk, "recordings"),
        transfers=_transfers(root.section("transfers")),
        returned=read_sounds(root.section("returned")),
        secret_file=secret_file,
        tls=tls,
        ca_file=_ca_file(asterisk, file=file, tls=tls),
        sounds=sounds,
        sounds_there=_or(_folder(asterisk, "sounds_there"), sounds),
        speech=read_speech(root.section("speech")),
        stop_limit_s=engine.whole("stop_limit_s", 0, _MOST_STOP_LIMIT_S, default=_STOP_LIMIT_S),
    )
    root.close()
    return tuple(problems) or config


_DATABASE = "sqlite:///ringbank.db"
_PORT, _TLS_PORT = 5038, 5039  # as Asterisk's manager.conf has them


def _or(text: str, default: str) -> str:
    return text or default


def _secret(section: Section, file: Path | None, *, environment: Mapping[str, str]) -> str | None:
    if section.has("secret"):
        section.expect(["secret"])
        section.refuse(
            "secret", f"does not belong into this file; set {SECRET_VARIABLE} or secret_file"
        )
    if secret := environment.get(SECRET_VARIABLE):
        return secret
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        section.refuse("secret_file", f"{section.held('secret_file')} cannot be read ({error})")
        return None


def _beside(file: Path, name: str) -> Path | None:
    return file.parent / name if name else None


def _ca_file(section: Section, *, file: Path, tls: bool) -> Path | None:
    name = section.text("ca_file", required=False)
    if name and not tls:
        section.refuse("ca_file", "means nothing without tls = true, and nothing is encrypted")
    return _beside(file, name)


def _goodbye(section: Section) -> str:
    sound = section.text("goodbye", required=False)
    if sound and not _SOUND.fullmatch(sound):
        section.refuse("goodbye", "may only hold letters, digits and _ . / -")
    return sound or _GOODBYE


def _trunks(section: Section) -> dict[str, Trunk]:
    trunks = {}
    for name in section.names():
        trunk = section.section(name)
        channel = trunk.text("channel")
        if channel and not _CHANNEL.fullmatch(channel):
            trunk.refuse("channel", 'must look like "PJSIP/{number}@carrier"')
        caller_ids = trunk.texts("caller_ids")
        for caller_id in caller_ids:
            if not _E164.fullmatch(caller_id):
                trunk.refuse("caller_ids", f'{caller_id!r} is not a number like "+4721000000"')
        trunks[name] = Trunk(
            name=name,
            channel=channel,
            max_calls=trunk.whole("max_calls", 1, _MOST_CALLS),
            max_calls_per_second=trunk.whole("max_calls_per_second", 1, _MOST_A_SECOND),
            caller_ids=caller_ids,
        )
    return trunks


def _folder(section: Section, key: str) -> str:
    folder = section.text(key, required=False)
    if folder and (not FOLDER.fullmatch(folder) or ".." in folder):
        section.refuse(
            key, "must be the full path of a folder, of letters, digits and _ . / - alone"
        )
    return folder.rstrip("/")


def _transfers(section: Section) -> dict[str, str]:
    transfers = {}
    for name in section.names():
        to = section.text(name)
        if to and not _E164.fullmatch(to) and not _ANY_CHANNEL.fullmatch(to):
            section.refuse(name, 'must be a number like "+4721000000" or a channel "PJSIP/desk2"')
        transfers[name] = to
    return transfers


def _region(section: Section) -> str | None:
    region = section.text("region", required=False)
    if region and not _COUNTRY.fullmatch(region):
        section.refuse("region", f'must be two capital letters like "NO", not {region!r}')
    return region or None


def _own_rules(section: Section) -> Own:
    countries = section.texts("allow_without_rules", required=False)
    for country in countries:
        if not _COUNTRY.fullmatch(country):
            section.refuse(
                "allow_without_rules", f'must be like ["SE"], two capital letters; not {country!r}'
            )
        elif not civil.is_country(country):
            section.refuse(
                "allow_without_rules",
                f"there is no country {country!r}; write its ISO 3166 code, such as SE",
            )
    return Own(
        allow_without_rules=frozenset(countries),
        office_hours=section.flag("own_hours"),
        max_per_day=section.maybe_whole("max_per_day", 0, _MOST_A_PERSON),
        max_per_week=section.maybe_whole("max_per_week", 0, _MOST_A_PERSON),
        other_hour=section.flag("not_same_hour"),
        zone_policy=section.choice("zones", ZONE_POLICIES, default=ZONE_POLICIES[0]),
    )
