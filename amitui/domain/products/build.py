"""Makes `publisher_table.py`, `word_table.py` and `patterns.json` of the data files.

`python -m amitui.domain.products.build`. Every start reads the publishers, every search the words, and compiled
Python is what it reads quickest. Only writing the index needs the patterns. A test fails when one of them differs
from the data.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, Final

from amitui.domain.products.atoms import atoms
from amitui.domain.products.template import choices, expression, heads, literals, parse, words_of

HERE: Final = Path(__file__).parent
DATA: Final = HERE / "data"
PUBLISHERS: Final = HERE / "publisher_table.py"
PATTERNS: Final = HERE / "patterns.json"
WORDS: Final = HERE / "word_table.py"
GENERAL_WORDS: Final = HERE / "words.toml"

_PUBLISHER_FIELDS: Final = frozenset(
    {
        "publisher", "rank", "accounts", "govcloud", "china", "amazon", "listed", "words", "sources", "as_of",
        "imitations", "marketplace", "synonyms", "context", "family",
    }
)  # fmt: skip
_FAMILY_FIELDS: Final = frozenset(
    {
        "product",
        "title",
        "release_continues_series",
        "labels",
        "patterns",
        "plain",
        "words",
        "also",
        "usual",
        "defaults",
        "free",
        "versions",
        "names",
        "facts",
        "extras",
        "absent",
        "release_notes",
    }
)
"""See `known.Product`."""
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
    (folder / WORDS.name).write_text(word_table(publishers, families), encoding="utf-8")
    for family in families:
        for pattern in family["patterns"]:
            del pattern["choices"]  # the words are in the word table
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
    marketplace: bool
    govcloud: tuple[str, ...]
    china: tuple[str, ...]
    imitations: tuple[str, ...]
    as_of: str
    products: tuple[str, ...]


'''


def _table(publishers: list[dict[str, Any]]) -> str:
    lines = [
        f"    PublisherEntry({one['publisher']!r}, {tuple(one['accounts'])!r}, {tuple(one['words'])!r},"
        f" amazon={one['amazon']}, listed={one['listed']}, marketplace={one['marketplace']},"
        f" govcloud={tuple(one['govcloud'])!r},"
        f" china={tuple(one['china'])!r}, imitations={tuple(one['imitations'])!r}, as_of={one['as_of']!r},"
        f" products={tuple(one['products'])!r}),\n"
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
        "marketplace": found.get("marketplace", False),
        "synonyms": found.get("synonyms", {}),
        "context": found.get("context", {}),
        "as_of": str(found["as_of"]),
        "products": [family["product"] for family in found.get("family", ())],
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
                "literals": literals(nodes),
                "expression": expression(nodes),
                "folded": expression(nodes, folded=True),
                "words": sorted(set(words_of(nodes))),
                "choices": sorted({word for choice in choices(nodes) for word in atoms(choice) if word.isalpha()}),
            }
        )
    return {
        "product": found["product"],
        "title": found["title"],
        "release_continues_series": found.get("release_continues_series", False),
        "labels": found.get("labels", {}),
        "plain": found.get("plain", []),
        "words": found["words"],
        "also": found.get("also", []),
        "usual": found.get("usual", []),
        "defaults": found.get("defaults", {}),
        "free": found.get("free", []),
        "versions": found.get("versions", []),
        "names": found.get("names", {}),
        "facts": found.get("facts", []),
        "extras": found.get("extras", []),
        "absent": found.get("absent", {}),
        **({"release_notes": found["release_notes"]} if "release_notes" in found else {}),
        "patterns": patterns,
    }


_MADE: Final = '"""Made of the data files by `python -m amitui.domain.products.build`; not to be edited."""'
_WORDS_HEADER: Final = f"""{_MADE}

# fmt: off
# ruff: noqa: E501

from __future__ import annotations

from typing import Final

"""


def word_table(publishers: list[dict[str, Any]], families: list[dict[str, Any]]) -> str:
    """The module of what typed words mean: see `domain.query.vocabulary`.

    Raises:
        ValueError: two data files disagree about a word.
    """
    with GENERAL_WORDS.open("rb") as file:
        general = tomllib.load(file)
    phrases: dict[str, str] = {}
    for filler in general["fillers"]:
        _mean(phrases, filler, "")
    contexts: dict[str, dict[str, str]] = {}
    for source in (general, *publishers):
        for phrase, meaning in source["synonyms"].items():
            _mean(phrases, phrase, meaning)
        for product, local in source.get("context", {}).items():
            for phrase, meaning in local.items():
                _mean(contexts.setdefault(product, {}), phrase, meaning)
    for family in families:
        # A synonym may say more of the same word: Fortinet is mostly FortiGate.
        for word in family["words"]:
            phrases.setdefault(" ".join(atoms(word)), word)
        for pattern in family["patterns"]:
            for word in pattern["choices"]:
                phrases.setdefault(word, word)
    order = list(dict.fromkeys(family["product"] for family in families))
    strong = {family["product"]: tuple(family["words"]) for family in families}
    return (
        f"{_WORDS_HEADER}PHRASES: Final[dict[str, str]] = {_dictionary(phrases)}\n"
        f"CONTEXTS: Final[dict[str, dict[str, str]]] = {contexts!r}\n"
        f"PRODUCTS: Final[dict[str, tuple[str, ...]]] = {_dictionary({name: strong[name] for name in order})}\n"
        '"""What each product is called, in the order in which equals are shown."""\n'
        f"ABSENT: Final = {sorted({word for family in families for word in family['absent'].values()})!r}\n"
        '"""Values of attributes that a name leaves away, and so do names of public parameters."""\n'
    )


def _mean(phrases: dict[str, str], phrase: str, meaning: str) -> None:
    suffix = "#" if phrase.endswith("#") else ""
    key = " ".join(atoms(phrase)) + suffix
    if phrases.setdefault(key, meaning) != meaning:
        raise ValueError(f"{phrase!r} means {phrases[key]!r} and {meaning!r}")


def _dictionary(entries: dict[str, Any]) -> str:
    return "{\n" + "".join(f"    {key!r}: {value!r},\n" for key, value in entries.items()) + "}"


if __name__ == "__main__":
    write()
