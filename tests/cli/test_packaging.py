"""What is installed has everything that the checkout has, and nothing of the tests."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT

PACKAGES = ("leads", "campaigns", "dialer")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=CHECKOUT, check=True, capture_output=True,
    )  # fmt: skip
    return set(zipfile.ZipFile(next(folder.glob("*.whl"))).namelist())


def test_wheel_holds_every_module_template_scenario_and_migration(wheel: set[str]):
    files = {
        str(file.relative_to(CHECKOUT))
        for package in PACKAGES
        for file in (CHECKOUT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert files | {"cli.py"} == {name for name in wheel if ".dist-info/" not in name}
    assert "dialer/migrations/script.py.mako" in files
    assert any(Path(name).match("dialer/migrations/versions/*.py") for name in files)


def test_wheel_carries_the_licence(wheel: set[str]):
    assert any(name.endswith("dist-info/licenses/LICENSE") for name in wheel)


def test_locks_name_no_place_to_download_from():
    for lock in CHECKOUT.glob("requirements*.lock"):
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text
        assert "index" not in text


def test_development_lock_pins_everything_as_the_application_does():
    def pins(name: str) -> set[str]:
        lines = (CHECKOUT / name).read_text().splitlines()
        return {line.removesuffix(" \\") for line in lines if "==" in line}

    assert pins("requirements.lock") < pins("requirements-dev.lock")
