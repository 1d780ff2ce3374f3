"""Makes `publisher_table.py` and `patterns.json` of the data files: `python -m amitui.domain.products.build`.

Every start reads the publishers, and compiled Python is what it reads quickest. Only writing the index needs the
patterns. A test fails when either differs from the data.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, Final

from amitui.domain.products.template import expression, heads, parse, words_of

HERE: Final = Path(__file__).parent
DATA: Final = HERE / "data"
PUBLISHERS: Final = HERE / "publisher_table.py"
PATTERNS: Final = HERE / "patterns.json"

_PUBLISHER_FIELDS: Final = frozenset(
    {
        "publisher", "rank", "accounts", "govcloud", "china", "amazon", "listed", "words", "sources", "as_of",
        "imitations", "family",
    }
)  # fmt: skip
_FAMILY_FIELDS: Final = frozenset({"product", "title", "release_continues_series", "labels", "patterns", "plain"})
TITLE_CELLS: Final = 16
"""A title is short: it stands in every row of an 80-column screen."""


def build(folder: Path = DATA) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What the data files say, checked: the publishers by rank, and their families with regular expressions.

    Raises:
        TemplateError: a pattern cannot be read.
        ValueError: a field is missing or unknown; names the file.
    """
    publishers: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.toml")):
        with path.open("rb") as file:
            found = tomllib.load(file)
        try:
            publishers.append(_publisher(found))
        except (KeyError, ValueError) as error:
            raise ValueError(f"{path.name}: {error}") from error
    publishers.sort(key=lambda one: (one["rank"], one["publisher"]))
    families = [{"publisher": one["publisher"], **family} for one in publishers for family in one.pop("families")]
    return publishers, families


def write(folder: Path = HERE) -> None:
    """Write both files into a folder."""
    publishers, families = build()
    (folder / PUBLISHERS.name).write_text(_table(publishers), encoding="utf-8")
    patterns = json.dumps(families, indent=1, ensure_ascii=False) + "\n"
    (folder / PATTERNS.name).write_text(patterns, encoding="utf-8")


_HEADER: Final = '''"""Made of the data files by `python -m amitui.domain.products.build`; not to be edited."""

# fmt: off
# ruff: noqa: E501

from __future__ import annotations

from typing import Final, NamedTuple


class PublisherEntry(NamedTuple):
    """A publisher as its data file has it; see `domain.publishers.Publisher`."""

    name: str
    accounts: tuple[str, ...]
    words: tuple[str, ...]
    amazon: bool
    listed: bool
    govcloud: tuple[str, ...]
    china: tuple[str, ...]
    imitations: tuple[str, ...]
    as_of: str


'''


def _table(publishers: list[dict[str, Any]]) -> str:
    lines = [
        f"    PublisherEntry({one['publisher']!r}, {tuple(one['accounts'])!r}, {tuple(one['words'])!r},"
        f" amazon={one['amazon']}, listed={one['listed']}, govcloud={tuple(one['govcloud'])!r},"
        f" china={tuple(one['china'])!r}, imitations={tuple(one['imitations'])!r}, as_of={one['as_of']!r}),\n"
        for one in publishers
    ]
    entries = "".join(lines)
    return f'{_HEADER}ENTRIES: Final[tuple[PublisherEntry, ...]] = (\n{entries})\n"""By rank."""\n'


def _publisher(found: dict[str, Any]) -> dict[str, Any]:
    if unknown := set(found) - _PUBLISHER_FIELDS:
        raise ValueError(f"unknown fields {sorted(unknown)}")
    return {
        "publisher": found["publisher"],
        "rank": found["rank"],
        "accounts": found["accounts"],
        "govcloud": found.get("govcloud", []),
        "china": found.get("china", []),
        "amazon": found.get("amazon", False),
        "listed": found.get("listed", True),
        "words": found.get("words", []),
        "imitations": found.get("imitations", []),
        "as_of": str(found["as_of"]),
        "families": [_family(family) for family in found.get("family", ())],
    }


def _family(found: dict[str, Any]) -> dict[str, Any]:
    if unknown := set(found) - _FAMILY_FIELDS:
        raise ValueError(f"unknown fields {sorted(unknown)} of a family")
    if len(found["title"]) > TITLE_CELLS:
        raise ValueError(f"the title {found['title']!r} has more than {TITLE_CELLS} characters")
    patterns = []
    for template in found["patterns"]:
        nodes = parse(template)
        patterns.append(
            {
                "heads": sorted(heads(nodes)),
                "expression": expression(nodes),
                "folded": expression(nodes, folded=True),
                "words": sorted(set(words_of(nodes))),
            }
        )
    return {
        "product": found["product"],
        "title": found["title"],
        "release_continues_series": found.get("release_continues_series", False),
        "labels": found.get("labels", {}),
        "plain": found.get("plain", []),
        "patterns": patterns,
    }


if __name__ == "__main__":
    write()
