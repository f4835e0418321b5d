"""The manager interface over TLS: a real Asterisk, an authority of our own, and who is believed."""

import shutil

import pytest

from dialer.ami.errors import AsteriskUnreachableError
from dialer.config import Asterisk
from dialer.lab.lab import Lab, load_scenario
from dialer.link import Link
from tests.asterisk.conftest import HERE
from tests.asterisk.site import Site
from tests.certificates import Authority
from tests.servers import free_port
from tests.waiting import until

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def secured(tmp_path_factory, authority):
    """A lab whose PBX has a certificate for 127.0.0.1, and the port at which it shows it."""
    lab = Lab.up(tmp_path_factory.mktemp("secured"), load_scenario(HERE / "town.toml"), tell=print)
    try:
        port = free_port()
        serve_tls(lab, port, authority.certificate("IP:127.0.0.1"))
        yield lab, port
    finally:
        lab.remove()


def serve_tls(lab: Lab, port: int, certificate) -> None:
    """Have the PBX's manager interface speak TLS at a port, too."""
    etc = lab.pbx.home / "etc"
    for file, name in zip(certificate, ("ami.pem", "ami.key"), strict=True):
        shutil.copy(file, etc / name)
    seen = lab.pbx.installation.seen(etc)
    manager = etc / "manager.conf"
    manager.write_text(
        manager.read_text().replace(
            "[general]\n",
            f"[general]\ntlsenable = yes\ntlsbindaddr = 127.0.0.1:{port}\n"
            f"tlscertfile = {seen}/ami.pem\ntlsprivatekey = {seen}/ami.key\n",
            1,
        )
    )
    lab.pbx.cli("manager reload")


def asterisk(lab: Lab, port: int, **settings: object) -> Asterisk:
    where = {"host": "127.0.0.1", "port": port, "username": "dialer", "secret": lab.secret}
    return Asterisk(**(where | {"tls": True} | settings))


def test_asterisk_is_spoken_to_over_tls(secured, authority):
    lab, port = secured
    link = Link(asterisk(lab, port, ca_file=authority.file))
    link.open()
    try:
        answer = link.ask("Getvar", ("Variable", "RINGBANK_LAB"))
        assert answer.get("Value") == lab.token
    finally:
        link.close()


def test_a_server_that_nobody_vouches_for_is_given_no_password(secured, tmp_path):
    lab, port = secured
    other = Authority(tmp_path / "other")
    for ca_file in (None, other.file):
        with pytest.raises(AsteriskUnreachableError, match=r"certificate.*asterisk\.ca_file"):
            Link(asterisk(lab, port, ca_file=ca_file)).open()


def test_a_server_with_the_certificate_of_another_host_is_refused(secured, authority):
    lab, port = secured
    with pytest.raises(AsteriskUnreachableError, match=r"ostname mismatch.*this very host"):
        Link(asterisk(lab, port, host="localhost", ca_file=authority.file)).open()


def test_the_plain_port_does_not_do_where_tls_is_asked_for(secured, authority):
    lab, _ = secured
    with pytest.raises(AsteriskUnreachableError, match="tlsenable"):
        Link(asterisk(lab, lab.ami_port, ca_file=authority.file)).open()


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_authority_that_cannot_be_read_is_told(secured, tmp_path, content):
    lab, port = secured
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(AsteriskUnreachableError, match=r"asterisk\.ca_file .*ca\.pem cannot be"):
        Link(asterisk(lab, port, ca_file=file))


@on_sqlite
def test_a_campaign_dials_over_tls_and_finds_its_way_back_after_a_crash(
    secured, authority, tmp_path, base_url, number
):
    lab, port = secured
    site = Site(lab, tmp_path, base_url, number)
    site.configure(port=port)
    text = site.config.read_text()
    site.config.write_text(
        text.replace("[asterisk]\n", f'[asterisk]\ntls = true\nca_file = "{authority.file}"\n', 1)
    )
    assert [one for one in site.ringbank("doctor") if not one["ok"]] == []
    called = site.people("20", "65")
    site.broadcast()
    engine = site.engine()
    engine.until(lambda: all(one.outcome for one in site.attempts()) and len(site.attempts()) > 1)
    lab.kill("pbx")
    engine.until(lambda: "link to Asterisk is down" in engine.said)
    lab.start("pbx")
    engine.until(lambda: "link to Asterisk is up again" in engine.said, 30)
    until(lambda: len([one for one in site.attempts() if one.phone == called[0]]) > 1, 20)
    engine.interrupt()
    assert engine.ends() == 130
    site.leave()
