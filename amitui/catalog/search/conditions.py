"""Conditions on the index's rows, each in two forms that mean the same, and how they combine.

`probe` looks at the texts of one row at a time: right when few rows are tested. `sets` fetches from the trigram
index, once, the ids of all rows that have the text: right when most of the table is. The plan
(`catalog/search/plan.py`) chooses between them, and where it can it lets `match` drive the search.
"""

# ruff: noqa: S608 - what a user typed is only ever among the values; the texts are columns and codes of ours

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from amitui.catalog.index.row_key import first_id


class Match(str):
    """An FTS5 expression among the values of a statement; a plan may narrow it to what drives the search."""

    __slots__ = ()


class Sql(NamedTuple):
    """A piece of SQL and the values of its question marks."""

    text: str
    values: tuple[str | int, ...] = ()


class Condition(NamedTuple):
    """A test of the row `i` of `image`; true or false, never NULL."""

    probe: Sql
    sets: Sql
    match: str = ""
    """FTS5 expression that every row fulfilling the condition matches; empty: there is none."""
    exact: bool = False
    """Whether every row that matches `match` fulfils the condition."""
    avoid: str = ""
    """FTS5 expression whose matches are just the rows that do not fulfil the condition; empty: there is none."""
    owners: tuple[int, ...] | None = None
    """The only owners whose rows can fulfil it, when it is about owners."""
    audiences: tuple[int, ...] | None = None
    """The only audiences whose rows can fulfil it, when these are private ones."""
    ids: tuple[int, ...] | None = None
    """The only rows that can fulfil it, when they are known and few."""
    few: bool = False
    """Whether few rows fulfil it and SQLite finds them by their ids."""
    names: Sql | None = None
    """The condition as a test of the row `t` of `image_text` alone, when it can be one."""


def plain(text: str, *values: str | int, owners: Sequence[int] | None = None) -> Condition:
    """A condition on the narrow columns, with one form for both purposes."""
    test = Sql(text, values)
    return Condition(test, test, owners=None if owners is None else tuple(owners))


NEVER: Final = plain("0")._replace(ids=())
ALWAYS: Final = plain("1")


def any_of(conditions: Iterable[Condition]) -> Condition:
    """At least one holds. Cheap ones first: a row is tested from left to right."""
    parts = [condition for condition in conditions if condition.ids != ()]
    if not parts:
        return NEVER
    if len(parts) == 1:
        return parts[0]
    owners = [part.owners for part in parts if part.owners is not None]
    ids = [part.ids for part in parts if part.ids is not None]
    names = [part.names for part in parts if part.names is not None]
    matches = [part.match for part in parts if part.match]
    return Condition(
        _joined("OR", [part.probe for part in parts]),
        _joined("OR", [part.sets for part in parts]),
        match=f"({' OR '.join(matches)})" if len(matches) == len(parts) else "",
        exact=all(part.exact for part in parts),
        owners=tuple(code for codes in owners for code in codes) if len(owners) == len(parts) else None,
        ids=tuple({row_id for rows in ids for row_id in rows}) if len(ids) == len(parts) else None,
        few=all(part.few for part in parts),
        names=_joined("OR", names) if len(names) == len(parts) else None,
    )


def all_of(conditions: Iterable[Condition]) -> Condition:
    """All of them hold."""
    parts = list(conditions)
    if len(parts) == 1:
        return parts[0]
    names = [part.names for part in parts if part.names is not None]
    matches = [part.match for part in parts if part.match]
    return Condition(
        _joined("AND", [part.probe for part in parts]),
        _joined("AND", [part.sets for part in parts]),
        match=f"({' AND '.join(matches)})" if matches else "",
        exact=len(matches) == len(parts) and all(part.exact for part in parts),
        owners=next((part.owners for part in parts if part.owners is not None), None),
        ids=next((part.ids for part in parts if part.ids is not None), None),
        few=any(part.few for part in parts),
        names=_joined("AND", names) if len(names) == len(parts) else None,
    )


def negation(condition: Condition) -> Condition:
    """It does not hold."""
    return Condition(
        _negated(condition.probe),
        _negated(condition.sets),
        avoid=condition.match if condition.exact else "",
        names=_negated(condition.names) if condition.names else None,
    )


def tests_behind(conditions: Iterable[Condition]) -> Sql:
    """Conditions behind others, each with its AND: of rows that come by their kind, which are not many.

    What the full-text index knows is fetched from it once; what it does not is looked at row by row.
    """
    tests = [condition.sets if condition.match else condition.probe for condition in conditions]
    return Sql(
        "".join(f" AND {test.text}" for test in tests), tuple(value for test in tests for value in test.values)
    )


def _joined(operator: str, parts: Sequence[Sql]) -> Sql:
    text = f" {operator} ".join(part.text for part in parts)
    return Sql(f"({text})", tuple(value for part in parts for value in part.values))


def _negated(part: Sql) -> Sql:
    return Sql(f"NOT ({part.text})", part.values)


_LISTED: Final = 500
"""Rows that a statement names one by one."""

_LIKE: Final = "LIKE ? ESCAPE '\\'"
_SHORTEST: Final = 3
"""Characters in a trigram: shorter texts are looked for by reading every name."""


def in_texts(text: str) -> Condition:
    """The name or the description has the text, which is three characters or longer."""
    match = f"{{name description}} : {_phrase(text)}"
    sets = _set_of(match)
    like = f"%{_like_escaped(text)}%"
    probe = Sql(
        f"(EXISTS (SELECT 1 FROM image_text t WHERE t.id = i.id AND t.name {_LIKE})"
        f" OR EXISTS (SELECT 1 FROM note n WHERE n.id = i.id AND n.description {_LIKE}))",
        (like, like),
    )
    # LIKE folds the case of ASCII alone, the trigrams that of all letters.
    return Condition(probe if text.isascii() else sets, sets, match=match, exact=True)


def whole_number(number: str) -> Condition:
    """The name, which follows no known pattern, has the number whole; see `reading.numbers_of`."""
    match = f"numbers : {_phrase(f'#{number}#')}"
    sets = _set_of(match)
    return Condition(sets, sets, match=match, exact=True)


def in_name(text: str) -> Condition:
    """The name has the text, of any length."""
    return name_like(f"*{_glob_escaped(text)}*")


def name_like(pattern: str) -> Condition:
    """The name matches a pattern of `query_terms.Glob`."""
    like = _like_of(pattern)
    literals = _literals(pattern)
    words = [literal for literal in literals if len(literal) >= _SHORTEST]
    contains = bool(words) and pattern == f"*{_glob_escaped(words[0])}*"
    if not words:
        return text_like("name", like)
    match = f"({' AND '.join(f'name : {_phrase(word)}' for word in words)})"
    probe = Sql(f"EXISTS (SELECT 1 FROM image_text t WHERE t.id = i.id AND t.name {_LIKE})", (like,))
    sets = _set_of(match)
    if contains:
        return Condition(probe if pattern.isascii() else sets, sets, match=match, exact=True)
    return Condition(probe, _joined("AND", [sets, probe]), match=match)


def description_like(pattern: str) -> Condition:
    """The description matches a pattern of `query_terms.Glob`; one that repeats the name is kept as NULL."""
    if not pattern.strip("*"):
        return ALWAYS
    text = "coalesce(n.description, (SELECT name FROM image_text WHERE id = i.id))"
    probe = Sql(f"EXISTS (SELECT 1 FROM note n WHERE n.id = i.id AND {text} {_LIKE})", (_like_of(pattern),))
    words = [literal for literal in _literals(pattern) if len(literal) >= _SHORTEST]
    if not words:
        return Condition(probe, probe)
    match = f"({' AND '.join(map(_phrase, words))})"
    return Condition(probe, _joined("AND", [_set_of(match), probe]), match=match)


def text_like(column: str, like: str) -> Condition:
    """A column of `image_text` is LIKE a pattern; finds out by reading."""
    probe = Sql(f"EXISTS (SELECT 1 FROM image_text t WHERE t.id = i.id AND t.{column} {_LIKE})", (like,))
    sets = Sql(f"+i.id IN (SELECT id FROM image_text WHERE {column} {_LIKE})", (like,))
    # Of image ids this is only asked when most rows have such a one: no set is smaller than the rows themselves.
    return Condition(probe, probe if column == "image_id" else sets, names=Sql(f"t.{column} {_LIKE}", (like,)))


def listed(rows: Iterable[int]) -> Condition:
    """One of these rows."""
    ids = tuple(rows)
    if not ids:
        return NEVER
    return plain(f"i.id IN ({', '.join(map(str, ids))})")._replace(ids=ids, few=True)


def outside(rows: Sequence[int]) -> list[Condition]:
    """None of these rows, as conditions: none when there are no such rows."""
    if not rows:
        return []
    if len(rows) <= _LISTED:
        return [plain(f"i.id NOT IN ({', '.join(map(str, rows))})")]
    # A statement has at most a million characters.
    return [plain("i.id NOT IN (SELECT value FROM json_each(?))", f"[{','.join(map(str, rows))}]")]


def created_within(since: int | None, before: int | None) -> Condition:
    """Created in the half-open span; undated rows are in none."""
    parts = []
    if since is not None:
        # Rows never stand below the id of their creation time, so that a scan can stop there.
        parts.append(plain(f"i.id >= {first_id(since)} AND i.created >= ?", since))
    if before is not None:
        parts.append(plain("coalesce(i.created < ?, 0)", before))
    return all_of(parts)


def tagged(key: str, patterns: Sequence[str]) -> Condition:
    """Has the tag, with one of the values if there are some."""
    values = f" AND ({' OR '.join([f'value {_LIKE}'] * len(patterns))})" if patterns else ""
    rows = f"SELECT id FROM tag WHERE key = ? COLLATE NOCASE{values}"
    # Tags are seen by an image's owner alone, so that few rows have any.
    return plain(f"i.id IN ({rows})", key, *map(_like_of, patterns))._replace(few=True)


def like_of_id(pattern: str) -> tuple[str, str]:
    """A pattern as LIKE wants it, and the text that it begins with."""
    literals = _literals(pattern)
    begins = literals[0] if literals and not pattern.startswith(("*", "?")) else ""
    return _like_of(pattern), begins


def _set_of(match: str) -> Sql:
    # The plus keeps SQLite from fetching the rows by these ids, in an order of its own.
    return Sql("+i.id IN (SELECT rowid FROM search WHERE search MATCH ?)", (Match(match),))


def _phrase(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _pieces(pattern: str) -> list[tuple[str, bool]]:
    """The characters of a pattern, each with whether it is a wildcard."""
    pieces = []
    escaped = False
    for character in pattern:
        if character == "\\" and not escaped:
            escaped = True
            continue
        pieces.append((character, character in "*?" and not escaped))
        escaped = False
    return pieces


def _literals(pattern: str) -> list[str]:
    """The texts between a pattern's wildcards."""
    text = "".join("\0" if wild else character for character, wild in _pieces(pattern))
    return [part for part in text.split("\0") if part]


def _like_of(pattern: str) -> str:
    return "".join(
        {"*": "%", "?": "_"}[character] if wild else _like_escaped(character)
        for character, wild in _pieces(pattern)
    )


def _like_escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _glob_escaped(text: str) -> str:
    return "".join("\\" + character if character in "*?\\" else character for character in text)
