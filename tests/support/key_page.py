"""Write the tables of keys into the documentation: `python -m tests.support.key_page`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from amitui.ui.keys.table import as_markdown, as_short_markdown

ROOT: Final = Path(__file__).parents[2]
BEGIN: Final = "<!-- keys: made by python -m tests.support.key_page -->\n"
END: Final = "<!-- end of keys -->\n"


class KeyPage(NamedTuple):
    """A file with a table of keys between two marks."""

    path: Path
    table: Callable[[], str]

    def with_table(self, text: str) -> str:
        """The file's text with the table as it is now.

        Raises:
            ValueError: the marks are missing.
        """
        before, begin, rest = text.partition(BEGIN)
        _, end, after = rest.partition(END)
        if not begin or not end:
            raise ValueError(f"{self.path} lacks the marks of the table of keys")
        return f"{before}{begin}{self.table().strip()}\n{end}{after}"


PAGES: Final = (
    KeyPage(ROOT / "docs" / "keys.md", as_markdown),
    KeyPage(ROOT / "README.md", as_short_markdown),
)


if __name__ == "__main__":
    for page in PAGES:
        page.path.write_text(page.with_table(page.path.read_text(encoding="utf-8")), encoding="utf-8")
