"""What a query is made of once it is understood: predicates, clauses, order; and the error for what is not.

A query is an And of clauses; a clause is an Or of literals; a literal is a predicate or its negation.
Predicates are named tuples, not dataclasses: `amitui find` pays for making these classes at every start,
and a dataclass costs five times as much.
"""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

from amitui.domain.image.row import INDEX_COLUMNS
from amitui.errors import UsageError


def is_image_id(text: str) -> bool:
    """Whether a lower-case text is a whole image id, in its long or its old short form."""
    return text.startswith("ami-") and len(text) in (12, 21) and set(text[4:]) <= set("0123456789abcdef")


_CARET_WIDTH: Final = 70
"""Characters of a query that are shown with a caret below; a terminal has 80 columns."""


class QuerySyntaxError(UsageError):
    """A query that cannot be understood, and where."""

    def __init__(
        self, what: str, *, text: str, position: int, length: int, remedy: str = "", incomplete: bool = False
    ) -> None:
        super().__init__(what, remedy=remedy)
        self.text = text
        self.position = position
        self.length = length
        self.incomplete = incomplete

    text: str
    """The whole query."""
    position: int
    """Index in `text` of the first character that is wrong."""
    length: int
    """How many characters are wrong; 0 when something is missing at `position`."""
    incomplete: bool
    """Whether typing on may mend it (`owner:`, a quote not yet closed): a screen keeps its last good answer."""

    def caret(self, width: int = _CARET_WIDTH) -> str:
        """The query, in at most `width` characters, and below it a line that points at what is wrong."""
        from amitui.domain.visible import is_visible

        line = "".join(character if is_visible(character) else " " for character in self.text)
        # Of a long query the part around what is wrong: carets below a line that wraps point at nothing.
        start = max(0, min(self.position - width // 2, len(line) - width))
        shown = line[start : start + width]
        if start:
            shown = "…" + shown[1:]
        if start + width < len(line):
            shown = shown[:-1] + "…"
        column = self.position - start
        return f"{shown}\n{' ' * column}{'^' * max(1, min(self.length, width - column))}"

    def lines(self) -> list[str]:
        """What is wrong, the query with its caret, and the remedy."""
        return [self.what, *self.caret().split("\n"), *([self.remedy] if self.remedy else [])]


class Word(NamedTuple):
    """Occurs anywhere: name, description, publisher, owner, architecture, platform or image id."""

    text: str
    """Lower case, at least one character; spaces only when quoted."""
    quoted: bool = False
    """Typed in quotes: taken literally, without other names for architectures."""

    @property
    def image_id(self) -> str | None:
        """The image id that the word is, if it is a whole one."""
        return self.text if is_image_id(self.text) else None


class Owner(NamedTuple):
    """The owner is one of these: `self`, an account id or its first digits, a publisher's name or an alias."""

    values: tuple[str, ...]


class Account(NamedTuple):
    """Seen by one of these accounts of the viewer and not by everybody, as the Account column says."""

    values: tuple[str, ...]
    """Account ids; none: nothing is."""


class Equals(NamedTuple):
    """A field has one of these values, in EC2's own spelling."""

    field: str
    """`arch`, `root`, `virt`, `boot`, `state`, `type` or `severity`."""
    values: tuple[str, ...]
    """Lower case; empty text stands for "EC2 did not say"."""


class Os(NamedTuple):
    """The operating system is one of these, by platform where EC2 knows it and else by the image's name.

    A value of several words that is one of EC2's platforms (`PlatformDetails`: `red hat enterprise linux`) means
    just that platform.
    """

    values: tuple[str, ...]


class Family(NamedTuple):
    """Builds of one of these families, named as `family.family_of` names them, or all in lower case."""

    values: tuple[str, ...]


class Glob(NamedTuple):
    """A field matches one of these patterns, where `*` is any text and `?` one character."""

    field: str
    """`name`, `description` or `id`."""
    patterns: tuple[str, ...]
    """Lower case, for the whole field: what was typed without wildcards has a `*` at both ends.
    A backslash before `*`, `?` or a backslash takes its meaning away."""


class Created(NamedTuple):
    """Created in the half-open span [since, before), epoch seconds; `None` is open."""

    since: int | None
    before: int | None


class Tag(NamedTuple):
    """Carries the tag key, with one of the values (patterns, as in `Glob`) if any; case is ignored."""

    key: str
    values: tuple[str, ...]


class Flag(NamedTuple):
    """A yes/no fact."""

    name: str
    """`public`, `paid`, `deprecated`, `encrypted`, `imds` (v2 required), `trusted` or `lookalike`."""
    on: bool


LOOKALIKE: Final = Flag("lookalike", True)
"""Named like a known publisher's image, under a stranger's account."""

Predicate: TypeAlias = Word | Owner | Account | Equals | Os | Family | Glob | Created | Tag | Flag


class Literal(NamedTuple):
    """A predicate, or its negation."""

    predicate: Predicate
    negated: bool = False


Clause: TypeAlias = tuple[Literal, ...]
"""Alternatives: at least one of them holds."""


BEST: Final = "best"
"""The order in which the right image comes first; see `domain.query.ranking`."""

SORT_COLUMNS: Final = (
    BEST,
    *("id", "name", "publisher", "owner", "region", "trust", "description"),
    *(column.name for column in INDEX_COLUMNS if column.sorts),
    "severity",
)


class SortOrder(NamedTuple):
    """By which column a view is ordered. Rows without a value come last either way; ties are newest first."""

    column: str
    """One of `SORT_COLUMNS`."""
    descending: bool


class Query(NamedTuple):
    """A query that was understood."""

    text: str
    """As typed."""
    clauses: tuple[Clause, ...]
    """All of them hold; none: every image."""
    sort: SortOrder | None = None
    """`None`: the order is left to the view."""
    latest: bool = False
    """Only the newest of each (owner, family, architecture, region) among the matches."""

    @property
    def asks_for_deprecated(self) -> bool:
        """Whether deprecated images are wanted whatever the view's toggle says.

        True when the query speaks of deprecation, or names an image by its whole id (EC2 shows one then too).
        """
        return bool(self.image_ids()) or any(
            isinstance(literal.predicate, Flag) and literal.predicate.name == "deprecated"
            for clause in self.clauses
            for literal in clause
        )

    @property
    def asks_for_lookalikes(self) -> bool:
        """Whether only look-alikes can match: images of strangers."""
        return (Literal(LOOKALIKE),) in self.clauses

    @property
    def names_family(self) -> bool:
        """Whether the builds of a family are looked for: all of them, and not a row for the family."""
        return any(isinstance(one, Family) and not negated for clause in self.clauses for one, negated in clause)

    @property
    def is_worded(self) -> bool:
        """Whether words or a family are looked for, and no quoted phrase: by default the best comes first.

        Strangers can give their images the names of a family, so the newest of them need not be its publisher's.
        """
        worded = False
        for clause in self.clauses:
            for predicate, negated in clause:
                if isinstance(predicate, Word) and not negated:
                    if predicate.quoted:
                        return False
                    worded = True
                named = isinstance(predicate, Family) or (
                    isinstance(predicate, Glob) and predicate.field == "name"
                )
                worded = worded or (named and not negated)
        return worded

    def image_ids(self) -> tuple[str, ...]:
        """Whole image ids among the words, negated ones left out."""
        return tuple(word.image_id for word in self._words() if word.image_id)

    def words(self) -> tuple[str, ...]:
        """The words and phrases that are looked for, negated ones left out."""
        return tuple(word.text for word in self._words())

    def latest_of_trusted(self, *, owner_chosen: bool) -> Query:
        """The query as it is carried out: the latest are those of trusted images, unless an owner is named, and
        available ones, unless a state is.

        "Latest" of everybody's images is how a stranger's newer look-alike gets launched (whoAMI).

        Args:
            owner_chosen: whether where it is looked names the owners already.
        """
        if not self.latest:
            return self
        clauses = self.clauses
        if not any(_is_of_state(literal) for clause in clauses for literal in clause):
            clauses = (*clauses, (Literal(Equals("state", ("available",))),))
        named = any(all(_names_owners(literal) for literal in clause) for clause in self.clauses)
        if not owner_chosen and not named:
            clauses = (*clauses, (Literal(Flag("trusted", True)),))
        return self._replace(clauses=clauses)

    def owners(self) -> tuple[str, ...]:
        """What `owner:` asks for, negated ones left out."""
        return tuple(
            value
            for clause in self.clauses
            for literal in clause
            if isinstance(literal.predicate, Owner) and not literal.negated
            for value in literal.predicate.values
        )

    @property
    def is_private(self) -> bool:
        """Whether only images can match that the viewer's accounts see and not everybody."""
        return any(
            all(isinstance(predicate, Account) and not negated for predicate, negated in clause)
            for clause in self.clauses
        )

    @property
    def names_accounts(self) -> bool:
        """Whether the viewer's accounts are named: which these are may become known later."""
        return any(isinstance(literal.predicate, Account) for clause in self.clauses for literal in clause)

    def _words(self) -> list[Word]:
        return [
            literal.predicate
            for clause in self.clauses
            for literal in clause
            if isinstance(literal.predicate, Word) and not literal.negated
        ]


def _is_of_state(literal: Literal) -> bool:
    return isinstance(literal.predicate, Equals) and literal.predicate.field == "state"


def _names_owners(literal: Literal) -> bool:
    """Whether it says whose images are meant, or that anybody's are."""
    if isinstance(literal.predicate, Owner) or literal.predicate == LOOKALIKE:
        return not literal.negated
    return isinstance(literal.predicate, Flag) and literal.predicate.name == "trusted"
