"""config.toml: every fault at once, by name, and never the secret."""

import ast
import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.pauses import BUILT_IN
from campaigns.rules.own import Own
from dialer import config, voices
from dialer.config import SECRET_VARIABLE, Config, load, read_config
from dialer.returned_sounds import ReturnedSounds
from dialer.trunks import Trunk
from leads.errors import UsageError
from leads.problems import Problem

CHECKOUT = Path(__file__).parents[3]
SHIPPED = (CHECKOUT / "config.toml").read_text(encoding="utf-8")
SECRET = "hunter2-of-the-manager"
TRUNK = """
[trunks.main]
channel = "PJSIP/{number}@carrier"
max_calls = 30
max_calls_per_second = 5
caller_ids = ["+4721000000"]
"""


def read(text: str, **environment: str) -> Config | tuple[Problem, ...]:
    return read_config(text, file=Path("config.toml"), environment=environment)


def usable(text: str, **environment: str) -> Config:
    found = read(text, **environment)
    assert isinstance(found, Config), found
    return found


def faults(text: str) -> dict[str, str]:
    found = read(text)
    assert isinstance(found, tuple), "nothing was refused"
    assert len({problem.where for problem in found}) == len(found), found
    return {problem.where: problem.why for problem in found}


def write(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


# -- what is read --------------------------------------------------------------------------


def test_an_empty_file_has_the_defaults() -> None:
    found = usable("")
    assert (found.database_url, found.engine) == ("sqlite:///ringbank.db", "default")
    assert (found.host, found.port, found.username) == ("127.0.0.1", 5038, "dialer")
    assert (found.trunks, found.region, found.secret) == ({}, None, None)
    assert found.registries == Path("registries")
    assert (found.rules_folder, found.own_rules) == (None, Own())
    assert usable('[leads]\nregistries = "/srv/registers"').registries == Path("/srv/registers")


def test_everything_that_may_be_set_is_read() -> None:
    found = usable(
        """
        database.url = "postgresql+psycopg://me@db/ringbank"
        engine = { name = "north", stop_limit_s = 0 }
        asterisk = { host = "pbx", port = 5039, username = "campaigns" }
        leads.region = "SE"
        [rules]
        folder = "rules"
        allow_without_rules = ["SE", "DK"]
        own_hours = true
        max_per_day = 0
        max_per_week = 5
        not_same_hour = true
        zones = "address"
        """
        + TRUNK.replace("main", "second"),
        **{SECRET_VARIABLE: SECRET},
    )
    assert found.database_url == "postgresql+psycopg://me@db/ringbank"
    assert (found.engine, found.region, found.stop_limit_s) == ("north", "SE", 0)
    assert found.rules_folder == Path("rules")
    assert found.own_rules == Own(
        allow_without_rules=frozenset({"SE", "DK"}),
        office_hours=True,
        max_per_day=0,
        max_per_week=5,
        other_hour=True,
        zone_policy="address",
    )
    where = found.asterisk()
    assert (where.host, where.port, where.username) == ("pbx", 5039, "campaigns")
    assert where.secret == SECRET
    assert found.trunks == {
        "second": Trunk(
            name="second",
            channel="PJSIP/{number}@carrier",
            max_calls=30,
            max_calls_per_second=5,
            caller_ids=("+4721000000",),
        )
    }


def test_tls_has_a_port_of_its_own_and_its_authority_beside_the_configuration() -> None:
    found = usable('[asterisk]\ntls = true\nca_file = "ca.pem"', **{SECRET_VARIABLE: SECRET})
    where = found.asterisk()
    assert (where.port, where.tls, where.ca_file) == (5039, True, Path("ca.pem"))
    assert usable("[asterisk]\ntls = true\nport = 5038").port == 5038
    plain = usable("", **{SECRET_VARIABLE: SECRET}).asterisk()
    assert (plain.port, plain.tls, plain.ca_file) == (5038, False, None)
    refused = faults('[asterisk]\nca_file = "ca.pem"')
    assert refused == {
        "asterisk.ca_file": "means nothing without tls = true, and nothing is encrypted"
    }
    assert list(faults('[asterisk]\ntls = "yes"')) == ["asterisk.tls"]


def test_the_shipped_file_can_be_used_and_shows_the_defaults() -> None:
    shipped, empty = usable(SHIPPED), usable("")
    for name in ("database_url", "engine", "stop_limit_s", "host", "port", "username", "own_rules"):
        assert getattr(shipped, name) == getattr(empty, name)
    assert list(shipped.trunks) == ["main"]


def known_keys() -> set[str]:
    """Return every key the reader takes, found by offering it each word of its own source."""
    words = {
        node.value
        for module in (config, voices)
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch("[a-z_]+", node.value)
    }
    known = set()
    for section in (
        "database",
        "engine",
        "asterisk",
        "trunks.main",
        "leads",
        "rules",
        "access",
        "speech",
    ):
        for word in words:
            document = tomllib.loads(TRUNK)
            table = document
            for part in section.split("."):
                table = table.setdefault(part, {})
            table[word] = []
            text = "\n".join(
                f"[{name}]\n" + "\n".join(f"{key} = {value!r}" for key, value in values.items())
                for name, values in (
                    ("trunks.main", document["trunks"]["main"]),
                    *((name, values) for name, values in document.items() if name != "trunks"),
                )
            )
            if not faults(text)[f"{section}.{word}"].startswith("unknown key"):
                known.add(f"{section}.{word}")
    return known


def test_the_shipped_file_names_every_key_the_reader_knows() -> None:
    tables = tomllib.loads(SHIPPED)
    pauses = tables.pop("pauses")
    assert pauses | {"other": "unpaid", "hostile": "paid"} == BUILT_IN, "the operator's own keys"
    shown = {f"{t}.{key}" for t, values in tables.items() if t != "trunks" for key in values}
    shown |= {f"trunks.main.{key}" for key in tables["trunks"]["main"]}
    for table, keys in re.findall(r"^\[(.+)\]\n((?:[^\[\n].*\n|\n)*)", SHIPPED, re.MULTILINE):
        if table in ("transfers", "speech.voices"):  # the names in it are the operator's
            continue
        in_comments = re.findall(r"^#.*?\b(\w+) = ", keys, re.MULTILINE)
        shown |= {f"{table}.{key}" for key in in_comments}
    sounds = {f"returned.{one.name}" for one in fields(ReturnedSounds)}
    assert (known_keys() | sounds) - {"asterisk.secret"} == shown  # known only to be refused


# -- what is refused -----------------------------------------------------------------------


def test_every_fault_is_told_at_once_with_its_full_name() -> None:
    found = faults(
        """
        database = { url = 5 }
        engine = { name = " ", stop_limit_s = 86401 }
        asterisk = { host = true, port = 70000, username = "two\\nlines" }
        leads.region = "Norway"
        speling = 1
        [rules]
        folder = ""
        allow_without_rules = ["SE", "Norway"]
        own_hours = 1
        max_per_day = -1
        max_per_week = 1001
        not_same_hour = "yes"
        zones = "some"
        [trunks.main]
        channel = "PJSIP/carrier"
        max_calls = 0
        caller_ids = ["21000000"]
        [trunks.second]
        channel = 1
        max_calls = "many"
        max_calls_per_second = 501
        caller_ids = []
        """
    )
    assert set(found) == {
        "database.url",
        "engine.name",
        "engine.stop_limit_s",
        "asterisk.host",
        "asterisk.port",
        "asterisk.username",
        "leads.region",
        "speling",
        "rules.folder",
        "rules.allow_without_rules",
        "rules.own_hours",
        "rules.max_per_day",
        "rules.max_per_week",
        "rules.not_same_hour",
        "rules.zones",
        "trunks.main.channel",
        "trunks.main.max_calls",
        "trunks.main.max_calls_per_second",
        "trunks.main.caller_ids",
        "trunks.second.channel",
        "trunks.second.max_calls",
        "trunks.second.max_calls_per_second",
        "trunks.second.caller_ids",
    }
    assert found["asterisk.port"] == "must be from 1 to 65535, not 70000"
    assert found["trunks.main.max_calls_per_second"] == "is missing"
    assert found["leads.region"] == "must be two capital letters like \"NO\", not 'Norway'"


@pytest.mark.parametrize(
    ("text", "where", "near"),
    [
        ("[trunk.main]", "trunk", "trunks"),
        ("[asterisk]\nsecretfile = 'x'", "asterisk.secretfile", "secret_file"),
        ("[asterisk]\nuser = 'x'", "asterisk.user", "username"),
        (TRUNK + "max_cals = 3", "trunks.main.max_cals", "max_calls"),
        ("[leads]\nregions = 'NO'", "leads.regions", "region"),
        ("[rules]\nzone = 'all'", "rules.zone", "zones"),
    ],
)
def test_an_unknown_key_names_the_nearest(text: str, where: str, near: str) -> None:
    assert faults(text) == {where: f"unknown key; the nearest known one is {near!r}"}


@pytest.mark.parametrize(
    ("key", "least", "most"),
    [("max_calls", 1, 10_000), ("max_calls_per_second", 1, 500)],
)
def test_a_limit_of_a_trunk_has_limits(key: str, least: int, most: int) -> None:
    def with_limit(number: int) -> str:
        return re.sub(rf"(?m)^{key} = .*", f"{key} = {number}", TRUNK)

    for number in (least, most):
        assert getattr(usable(with_limit(number)).trunks["main"], key) == number
    for number in (least - 1, most + 1):
        assert list(faults(with_limit(number))) == [f"trunks.main.{key}"]


@pytest.mark.parametrize("name", ["database", "engine", "asterisk", "trunks", "leads", "rules"])
def test_a_section_that_is_no_table_is_one_fault(name: str) -> None:
    assert list(faults(f"{name} = 3")) == [name]


@pytest.mark.parametrize(
    "channel",
    [
        "PJSIP/carrier",
        "{number}",
        "PJSIP/{number}@carrier\\r\\nApplication: System",
        "PJSIP/{number}@a,b",
        "PJSIP/{number} @a",
        "PJSIP/{number}|x",
    ],
)
def test_a_channel_that_asterisk_would_read_otherwise_is_refused(channel: str) -> None:
    text = TRUNK.replace("PJSIP/{number}@carrier", channel)
    assert "trunks.main.channel" in {p.where for p in read(text)}  # type: ignore[union-attr]


@pytest.mark.parametrize("channel", ["PJSIP/{number}@carrier", "SIP/trunk/{number}", "PJSIP/carrier/sip:{number}@h"])  # fmt: skip
def test_the_usual_ways_to_write_a_channel_are_taken(channel: str) -> None:
    found = usable(TRUNK.replace("PJSIP/{number}@carrier", channel))
    assert found.trunks["main"].channel == channel


@pytest.mark.parametrize(
    "text", ["[asterisk", "port = ", "a = 1\na = 2", f"a = {'[' * 2000}", f"a = {'9' * 5000}"]
)
def test_what_is_no_toml_is_one_fault(text: str) -> None:
    assert list(faults(text)) == ["syntax"]


@given(st.text(max_size=60))
def test_whatever_is_in_the_file_it_is_read_or_refused(text: str) -> None:
    found = read(text)
    assert isinstance(found, Config) or found


# -- the file and its errors -----------------------------------------------------------------


def test_a_file_that_cannot_be_read_names_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be read .*--config FILE or RINGBANK_CONFIG$"):
        load(tmp_path / "none.toml", {})
    (tmp_path / "latin.toml").write_bytes(b'[engine]\nname = "\xf8"')
    with pytest.raises(UsageError, match=r"save it as UTF-8$"):
        load(tmp_path / "latin.toml", {})


def test_the_error_names_every_fault(tmp_path: Path) -> None:
    file = write(tmp_path, "[asterisk]\nport = 0\n[leads]\nregion = 'no'\n")
    with pytest.raises(UsageError) as refused:
        load(file, {})
    lines = str(refused.value).splitlines()
    assert lines[0] == f"the configuration {file} cannot be used:"
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["asterisk.port", "leads.region"]
    assert refused.value.exit_status == 2


# -- the secret ------------------------------------------------------------------------------


def test_the_secret_comes_from_the_environment_or_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "ami-secret").write_text(f"{SECRET}\n")
    file = write(tmp_path, '[asterisk]\nsecret_file = "ami-secret"\n')
    assert load(file, {}).secret == SECRET
    assert load(file, {SECRET_VARIABLE: "another"}).secret == "another"
    (tmp_path / "ami-secret").write_text("\n")
    assert load(file, {}).secret is None


def test_a_secret_file_that_is_not_there_is_a_fault_unless_it_is_not_needed(tmp_path: Path) -> None:
    file = write(tmp_path, '[asterisk]\nsecret_file = "none"\n')
    with pytest.raises(UsageError, match=r"asterisk\.secret_file: none cannot be read"):
        load(file, {})
    assert load(file, {SECRET_VARIABLE: SECRET}).secret == SECRET


def test_without_a_secret_the_error_says_where_to_put_it() -> None:
    with pytest.raises(UsageError, match=rf"'dialer' is not known; set {SECRET_VARIABLE}, or"):
        usable("").asterisk()


@pytest.mark.parametrize("written", [f'"{SECRET}"', "20262026", '["20262026"]'])
def test_a_secret_in_the_configuration_is_refused_and_not_repeated(written: str) -> None:
    found = faults(f"[asterisk]\nsecret = {written}\n")
    assert list(found) == ["asterisk.secret"]
    assert "does not belong into this file" in found["asterisk.secret"]
    assert SECRET not in found["asterisk.secret"]
    assert "2026" not in found["asterisk.secret"]


def test_the_secret_is_never_shown() -> None:
    found = usable("", **{SECRET_VARIABLE: SECRET})
    assert SECRET not in repr(found)
    assert SECRET not in repr(found.asterisk())
    broken = read("[asterisk]\nport = 0\n", **{SECRET_VARIABLE: SECRET})
    assert isinstance(broken, tuple)
    assert SECRET not in " ".join(map(str, broken))


def test_a_country_that_there_is_not_allows_nobody_and_is_told() -> None:
    found = faults('rules.allow_without_rules = ["DK", "UK"]')
    assert found == {
        "rules.allow_without_rules": "there is no country 'UK'; write its ISO 3166 code, such as SE"
    }


@pytest.mark.parametrize("to", ["+4721000077", "PJSIP/desk2", "PJSIP/+4721000077@carrier"])
def test_a_named_transfer_is_a_number_or_a_channel(to: str) -> None:
    assert read(f'{TRUNK}\n[transfers]\nsecond_level = "{to}"').transfers == {"second_level": to}


@pytest.mark.parametrize("to", ["", "21000077", "PJSIP/a&PJSIP/b", "PJSIP/a,30,g", "desk two"])
def test_another_one_is_refused_by_its_name(to: str) -> None:
    assert "transfers.second_level" in faults(f'{TRUNK}\n[transfers]\nsecond_level = "{to}"')


@pytest.mark.parametrize(
    ("folder", "kept"), [("/srv/recordings", "/srv/recordings"), ("/srv/rec/", "/srv/rec")]
)
def test_recordings_are_in_a_folder_with_a_full_path(folder: str, kept: str) -> None:
    assert read(f'{TRUNK}\n[asterisk]\nrecordings = "{folder}"').recordings == kept


@pytest.mark.parametrize("folder", ["recordings", "/srv/a b", "/srv/a,b", "/srv/../etc", "/x|y"])
def test_a_folder_that_asterisk_would_read_otherwise_is_refused(folder: str) -> None:
    assert "asterisk.recordings" in faults(f'{TRUNK}\n[asterisk]\nrecordings = "{folder}"')
