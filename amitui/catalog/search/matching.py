"""Which rows a query's words mean: by kind where a name is understood, by its text where it is not."""

# ruff: noqa: S608 - what a user typed is only ever among the values; the texts are columns and codes of ours

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from amitui.catalog.search.compile import Compiler
from amitui.catalog.search.conditions import ALWAYS, Condition, all_of, any_of, negation, plain
from amitui.catalog.search.region_file import RegionFile
from amitui.domain.query.intent import Choice, Intent, intent_of
from amitui.domain.query.ranking import RankedKind, Ranking
from amitui.domain.query.terms import Query

_UNKNOWN: Final = ""
"""Product of kinds whose names follow no known pattern."""


class Matching:
    """One query's words against one region's kinds.

    Args:
        file: has been looked at.
        compiler: for what is tested row by row.
        query: as it is carried out.
        rankings: of the same request in other regions; grows.
    """

    def __init__(
        self, file: RegionFile, compiler: Compiler, query: Query, rankings: dict[Intent, Ranking] | None = None
    ) -> None:
        self._file = file
        self._compiler = compiler
        self.intent: Intent = intent_of(query, file.is_kind_word)
        self._ranked: list[RankedKind] | None = None
        self._rankings = {} if rankings is None else rankings

    @property
    def names_kinds(self) -> bool:
        """Whether anything that is asked is a matter of kinds; else every row is judged by its text."""
        return bool(self.intent.leaning) or any(_is_of_kinds(clause) for clause in self.intent.clauses)

    def conditions(self) -> list[Condition]:
        """What is asked of a row, whatever the order: each condition holds for all rows that are meant."""
        if not self.are_kinds_asked:
            return self.text()
        understood = all_of([self.in_kinds([kind.code for kind in self.kinds()]), *self.of_rows()])
        return [any_of((understood, all_of([self.unknown(), *self.text()])))]

    @property
    def are_kinds_asked(self) -> bool:
        """Whether names of known patterns are judged by their kinds, and only the others by their text."""
        return any(choice.alternatives for clause in self.intent.clauses for choice in clause)

    def kinds(self) -> list[RankedKind]:
        """The kinds of understood names that fulfil what is asked of kinds, the best first."""
        if self._ranked is None:
            tests: list[str] = ["product <> ''"]
            values: list[str] = []
            for clause in self.intent.clauses:
                if _is_of_kinds(clause):
                    parts = [_test(choice, values) for choice in clause]
                    tests.append(f"({' OR '.join(parts)})")
            if self.intent.leaning and len(tests) == 1:
                tests.append(f"({' OR '.join('instr(words, ?)' for _ in self.intent.leaning)})")
                values += [f" {word} " for word in sorted(self.intent.leaning)]
            rows = self._file.fetch(
                "SELECT code, tier, product, words, extras, release, architecture FROM kind"
                f" WHERE {' AND '.join(tests)}",
                values,
            )
            ranking = self._rankings.setdefault(self.intent, Ranking(self.intent))
            self._ranked = sorted(map(ranking.ranked, rows), key=_by_rank)
        return self._ranked

    def of_rows(self) -> list[Condition]:
        """What rows of those kinds have to fulfil besides."""
        return [self._of_row(clause) for clause in self.intent.clauses if not _is_of_kinds(clause)]

    def text(self) -> list[Condition]:
        """What rows whose names are not understood have to fulfil."""
        return [any_of(self._text(choice) for choice in clause) for clause in self.intent.clauses]

    def unknown(self, tier: int | None = None) -> Condition:
        """Rows whose names follow no known pattern, of one tier or of all."""
        codes = [code for code, of in self._file.unknown_kinds() if tier is None or of == tier]
        return self.in_kinds(codes)

    def rest(self, tier: int) -> Condition:
        """Rows of a tier that are found by their text."""
        if any(_is_of_kinds(clause) for clause in self.intent.clauses):
            return self.unknown(tier)
        codes = ", ".join(str(kind.code) for kind in self.kinds() if kind.tier == tier)
        return plain(f"i.kind IN (SELECT code FROM kind WHERE tier = {tier} AND code NOT IN ({codes}))")

    def rest_of_all(self) -> tuple[Condition, str]:
        """Rows of any tier that are found by their text, and SQL of the tier of such a row `i`."""
        if any(_is_of_kinds(clause) for clause in self.intent.clauses):
            unknown = self._file.unknown_kinds()
            cases = " ".join(f"WHEN {code} THEN {tier}" for code, tier in unknown)
            return self.unknown(), f"CASE i.kind {cases} END" if unknown else "NULL"
        codes = ", ".join(str(kind.code) for kind in self.kinds())
        return plain(f"i.kind NOT IN ({codes})") if codes else ALWAYS, TIER_OF_ROW

    def in_kinds(self, codes: Sequence[int]) -> Condition:
        """Rows of these kinds."""
        if not codes:
            return NO_ROW
        return plain(f"i.kind IN ({', '.join(map(str, codes))})")

    def _of_row(self, clause: Sequence[Choice]) -> Condition:
        parts = []
        for choice in clause:
            if choice.alternatives:
                values: list[str] = []
                test = _test(choice, values)
                parts.append(plain(f"i.kind IN (SELECT code FROM kind WHERE product <> '' AND {test})", *values))
            else:
                parts.append(self._compiler.clause((choice.literal,)))
        return any_of(parts)

    def _text(self, choice: Choice) -> Condition:
        if not choice.alternatives:
            return self._compiler.clause((choice.literal,))
        found = [all_of(map(self._word, alternative)) for alternative in choice.alternatives]
        told = {word.replace("-", " ") for words in choice.alternatives if len(words) == 1 for word in words}
        if choice.said not in told and any(map(str.isalpha, choice.said)) and not _is_plain(choice):
            found.append(self._compiler.said(choice.said))
        whole = any_of(found)
        return negation(whole) if choice.literal.negated else whole

    def _word(self, word: str) -> Condition:
        """A word of kinds as a test of a name that is not understood."""
        mark, bare = (word[0], word[1:]) if word[0] in "#@=!" else ("", word)
        if mark == "@":
            return self._compiler.architecture(bare)
        if mark == "#":
            return self._compiler.number(bare)
        if mark:
            return NO_ROW
        spaced = bare.replace("-", " ")
        if spaced == bare:
            return self._compiler.said(bare)
        return any_of((self._compiler.said(bare), self._compiler.said(spaced)))


TIER_OF_ROW: Final = "(SELECT tier FROM kind WHERE code = i.kind)"
"""SQL of the tier of a row `i` of `image`."""

NO_ROW: Final = plain("0")._replace(ids=())


def _by_rank(kind: RankedKind) -> tuple[object, ...]:
    return (kind.rank, kind.code)


def _is_of_kinds(clause: Sequence[Choice]) -> bool:
    return all(choice.alternatives for choice in clause)


def _is_plain(choice: Choice) -> bool:
    """Whether what was typed is an architecture: its other names say less than the field does."""
    return all(word.startswith("@") for alternative in choice.alternatives for word in alternative)


def _test(choice: Choice, values: list[str]) -> str:
    parts = []
    for alternative in choice.alternatives:
        parts.append(" AND ".join("instr(words, ?)" for _ in alternative))
        values += [f" {word} " for word in alternative]
    test = f"({' OR '.join(parts)})"
    return f"NOT {test}" if choice.literal.negated else test
