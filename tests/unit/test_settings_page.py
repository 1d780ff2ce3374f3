"""The page about settings names every setting, with the default that it has."""

from __future__ import annotations

from pathlib import Path

from amitui.configuration.readers import READERS
from amitui.paths import locate
from amitui.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def rows(heading: str) -> dict[str, list[str]]:
    """The cells behind the first one of each row of the table under a heading, by the first."""
    part = PAGE.read_text().split(f"# {heading}\n", 1)[1].split("\n#", 1)[0]
    lines = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in part.splitlines() if line.startswith("|")
    ]
    return {cells[0].strip("`"): cells[1:] for cells in lines[2:]}


def test_every_setting_is_on_the_page_and_nothing_else() -> None:
    # `accounts` is read with the profiles it names: as a table it is the address book.
    assert set(rows("Settings")) == {*READERS, "accounts"}


def test_numbers_on_the_page_are_the_defaults() -> None:
    settings = Settings(locate({"HOME": "/nowhere"}))
    numbers = {name: cells[0] for name, cells in rows("Settings").items() if cells[0].replace(".", "").isdigit()}
    assert set(numbers) >= {"ttl_hours", "page_size", "calls_per_second", "cache_limit_mb"}
    assert {name: float(text) for name, text in numbers.items()} == {
        name: float(getattr(settings, name)) for name in numbers
    }
