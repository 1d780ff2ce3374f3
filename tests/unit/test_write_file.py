"""What is written to a file, and that a file which is there is replaced only by consent."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from amitui.errors import UsageError
from amitui.ui.actions.export import write_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("kept", ["kept", ""], ids=["with text", "empty"])
def test_a_file_that_came_to_be_since_it_was_looked_for_stays_as_it_is(tmp_path: Path, kept: str) -> None:
    target = tmp_path / "amis.csv"
    target.write_text(kept)
    with pytest.raises(UsageError) as raised:
        write_file(str(target), ["new\n"], overwrite=False)
    assert target.read_text() == kept
    assert str(target) in raised.value.what
    assert "export again" in raised.value.remedy


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    link = tmp_path / "amis.csv"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError):
        write_file(str(link), ["new\n"], overwrite=False)
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_is_replaced_as_a_whole_once_its_user_agreed(tmp_path: Path) -> None:
    target = tmp_path / "amis.csv"
    target.write_text("much longer than what comes\n")
    write_file(str(target), ["a\n", "b\n"], overwrite=True)
    assert target.read_text() == "a\nb\n"


def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    target = tmp_path / "amis.csv"
    write_file(str(target), ["a\n"], overwrite=False)
    assert target.read_text() == "a\n"
    assert os.stat(target).st_mode & 0o077 == 0


def test_a_folder_that_went_is_told_of_in_words(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write"):
        write_file(str(tmp_path / "gone" / "amis.csv"), ["a\n"], overwrite=False)
