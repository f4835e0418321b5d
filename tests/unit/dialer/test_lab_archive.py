"""Where Debian comes from, read from apt's settings as they are found on real machines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.lab.archive import deb822_sources, debian_archive, list_sources


def test_a_deb822_file_gives_the_main_archive():
    text = """
# the mirror of this site
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
"""
    assert debian_archive(deb822_sources(text)) == "http://mirror.example/debian"


def test_a_disabled_archive_is_left_alone():
    text = """Enabled: no
Types: deb
URIs: http://old.example/debian
Suites: bookworm
Components: main

Types: deb
URIs:
 cdrom:[Debian] http://first.example/debian
 http://second.example/debian
Suites: trixie
Components: main contrib
"""
    assert debian_archive(deb822_sources(text)) == "http://first.example/debian"


@pytest.mark.parametrize(
    "line",
    [
        "deb http://mirror.example/debian bookworm main",
        "deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian sid main contrib # ours",
        "  deb\t[ trusted=yes ]  http://mirror.example/debian  stable/updates  main",
    ],
)
def test_a_one_line_entry_gives_its_address(line):
    assert debian_archive(list_sources(line)) == "http://mirror.example/debian"


@pytest.mark.parametrize(
    "line",
    [
        "# deb http://mirror.example/debian bookworm main",
        "deb-src http://mirror.example/debian bookworm main",
        "deb http://mirror.example/debian-security bookworm-security main",
        "deb http://mirror.example/debian-security bookworm/updates main",
        "deb https://packages.example/apt cloud-sdk-bookworm main",
        "deb https://packages.example/node nodistro main",
        "deb http://archive.example/ubuntu noble main universe",
        "deb cdrom:[Debian_12]/ bookworm main",
        "deb http://mirror.example/debian bookworm contrib",
        "deb file:/srv/mirror bookworm main",
        "",
    ],
)
def test_what_is_not_debians_main_archive_is_passed_over(line):
    assert debian_archive(list_sources(line)) is None


def test_the_first_fitting_entry_of_many_is_taken():
    text = """
deb https://packages.example/apt cloud-sdk-bookworm main
deb http://one.example/debian bookworm main
deb http://two.example/debian bookworm main
"""
    assert debian_archive(list_sources(text)) == "http://one.example/debian"


@given(st.text())
def test_no_text_brings_the_readers_down(text):
    debian_archive((*deb822_sources(text), *list_sources(text)))
