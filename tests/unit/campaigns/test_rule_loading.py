"""Rule files come from the folder of the installation and from one of the operator's."""

from pathlib import Path

import pytest

from campaigns.rules.loading import load, shipped_texts, texts_in
from campaigns.rules.model import Place
from campaigns.rules.own import Own
from leads.errors import RingbankError, UsageError

OURS = """schema = 1
id = "ours"
name = "Ours"
match = { countries = ["NO"] }

[[cap]]
id = "ours.day"
source = ["a wish"]
max = 2
per = { kind = "calendar_days", n = 1 }
"""


def test_the_files_of_a_folder_add_to_those_that_came_along(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(OURS, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no rules", encoding="utf-8")
    found = load(tmp_path, Own())
    assert [one.id for one in found.of_place(Place("NO"))] == ["no", "ours"]
    assert [one.id for one in load(None, Own()).of_place(Place("NO"))] == ["no"]


def test_a_table_that_lies_beside_the_rules_is_no_rule_file() -> None:
    names = set(shipped_texts())
    assert {"us.toml", "us-fl.toml", "own-hours.toml"} <= names
    assert "area_codes.toml" not in names


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no .*rules; make that folder"):
        load(tmp_path / "rules", Own())


def test_every_fault_of_a_folder_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(OURS.replace("max = 2", "max = -2"), encoding="utf-8")
    (tmp_path / "no.toml").write_text(OURS, encoding="utf-8")
    with pytest.raises(UsageError) as told:
        load(tmp_path, Own())
    assert "ours.toml, line 9, cap.max" in str(told.value)
    assert "no.toml: is the name of a file that came with Ringbank" in str(told.value)


def test_two_files_of_one_name_are_told(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "ours.toml").write_text(OURS, encoding="utf-8")
    with pytest.raises(UsageError, match=r"b/ours\.toml has the name of another rule file"):
        texts_in([tmp_path / "a", tmp_path / "b" / "ours.toml"])


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_bytes(OURS.replace("Ours", "Våre").encode("latin-1"))
    with pytest.raises(UsageError, match=r"ours\.toml is not UTF-8"):
        load(tmp_path, Own())


def test_a_file_that_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ours.toml").write_text(OURS, encoding="utf-8")

    def forbidden(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", forbidden)
    with pytest.raises(RingbankError, match=r"ours\.toml cannot be read \(Permission denied\)"):
        texts_in([tmp_path])
