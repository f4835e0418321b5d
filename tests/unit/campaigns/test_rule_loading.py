"""Rule files are got from the disk, and what cannot be got is told with a way out."""

from pathlib import Path

import pytest

from campaigns.rules import loading
from campaigns.rules.loading import texts_in
from campaigns.rules.model import Place
from campaigns.rules.own import Own
from campaigns.rules_in_force import RulesInForce
from leads.errors import RingbankError, UsageError

OURS = """schema = 1
id = "ours"
name = "House rules"
match = { countries = ["FO"] }

[[cap]]
id = "ours.cap"
source = ["the board"]
max = 1
per = { kind = "campaign" }
"""
SHIPPED = OURS.replace("ours", "fo").replace(
    "source", 'force = "law"\nconfidence = "high"\nsource'
).replace("match", "checked = 2026-11-22\nmatch")  # fmt: skip


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shipped"
    folder.mkdir()
    (folder / "fo.toml").write_text(SHIPPED, encoding="utf-8")
    (folder / "area_codes.toml").write_text("[area_codes]\n", encoding="utf-8")
    monkeypatch.setattr(loading, "SHIPPED", folder)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "rules"
    found.mkdir()
    (found / "README.md").write_text("no rule file")
    (found / "ours.toml").write_text(OURS, encoding="utf-8")
    return found


def test_both_folders_make_one_book(shipped: Path, folder: Path) -> None:
    found = loading.load(folder, Own(max_per_day=3))
    assert [one.id for one in found.of_place(Place("FO"))] == ["fo", "ours", "own"]
    alone = loading.load(None, Own())
    assert [one.id for one in alone.all()] == ["fo"]
    assert alone.hash != found.hash


def test_what_lies_beside_the_rule_files_is_none(shipped: Path) -> None:
    assert list(loading.shipped_texts()) == ["fo.toml"]


def test_every_fault_of_every_own_file_is_told_with_its_line(shipped: Path, folder: Path) -> None:
    (folder / "ours.toml").write_text(OURS.replace("max = 1", "max = -1\nmaxi = 2"))
    (folder / "fo.toml").write_text(SHIPPED)
    (folder / "Their_s.toml").write_text(OURS)
    with pytest.raises(UsageError) as refused:
        loading.load(folder, Own())
    told = str(refused.value)
    assert f"the rules in {folder} cannot be used" in told
    for fault in (
        "ours.toml, line 9, cap.max: must be from 0",
        "ours.toml, line 10, cap.maxi: unknown key; the nearest known one is 'max'",
        "fo.toml: is the name of a file that came with Ringbank; rename it",
        "Their_s.toml, line 2, id: the file's name must be like",
    ):
        assert fault in told


def test_only_who_looks_closely_waits_for_the_subdivisions(shipped: Path, folder: Path) -> None:
    match = 'match = { countries = ["US"], subdivisions = ["US-FX"] }'
    (folder / "ours.toml").write_text(OURS.replace('match = { countries = ["FO"] }', match))
    assert loading.load(folder, Own()).own == Own()
    with pytest.raises(UsageError, match=r"line 4, match\.subdivisions: there is no US-FX"):
        loading.load(folder, Own(), thorough=True)


def test_a_folder_that_is_not_there_is_told(shipped: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no .*elsewhere; make that folder"):
        loading.load(tmp_path / "elsewhere", Own())


def test_a_file_that_is_no_text_is_told(shipped: Path, folder: Path) -> None:
    (folder / "ours.toml").write_bytes(b'name = "\xff"')
    with pytest.raises(UsageError, match=r"ours\.toml is not UTF-8; save it as UTF-8"):
        loading.load(folder, Own())


def test_two_files_of_one_name_are_told(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "ours.toml").write_text(OURS, encoding="utf-8")
    with pytest.raises(UsageError, match=r"b/ours\.toml has the name of another rule file"):
        texts_in([tmp_path / "a", tmp_path / "b" / "ours.toml"])


def test_a_file_that_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ours.toml").write_text(OURS, encoding="utf-8")

    def forbidden(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", forbidden)
    with pytest.raises(RingbankError, match=r"ours\.toml cannot be read \(Permission denied\)"):
        texts_in([tmp_path])


def test_rules_are_read_again_when_a_file_changes_and_stay_while_one_cannot_be_used(
    tmp_path: Path,
) -> None:
    ours = tmp_path / "ours.toml"
    ours.write_text(OURS)
    rules = RulesInForce(tmp_path, Own())
    begun = rules.laws
    assert not rules.look()
    ours.write_text("schema = 1")
    assert not rules.look()
    assert rules.laws is begun
    assert rules.problem is not None
    assert "ours.toml" in rules.problem
    ours.write_text(OURS + "# mended")
    assert rules.look()
    assert rules.problem is None
    assert rules.laws.book.hash != begun.book.hash


def test_a_file_that_the_disk_does_not_give_leaves_the_rules_in_force(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(OURS)
    rules = RulesInForce(tmp_path, Own())
    begun = rules.laws
    (tmp_path / "theirs.toml").mkdir()
    assert not rules.look()
    assert rules.laws is begun
    assert rules.problem is not None
    assert "theirs.toml cannot be read" in rules.problem
