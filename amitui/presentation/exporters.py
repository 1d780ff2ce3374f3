"""Export formats that other packages bring, by entry points of the group `amitui.exporters`.

An entry point names a function: it is given the images one by one, each as `-o jsonl` prints it, and gives texts.
A package's code is imported when its format is written, and nothing is looked for unless a format is not built in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from amitui.domain.visible import show_invisible
from amitui.errors import AmituiError, OutputError, UsageError
from amitui.presentation.account_names import NO_NAMES, AccountNames
from amitui.presentation.export import FORMATS, ExportFormat, RecordOf, json_value

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from amitui.domain.image.image import RawRecord
    from amitui.domain.image.row import ImageRow

GROUP: Final = "amitui.exporters"

MOST_WORDS: Final = 200
"""Characters of what an exporter says went wrong."""


class Exporter(NamedTuple):
    """One exporter of a package."""

    entry: EntryPoint
    package: str
    """Its name and version, for people."""

    def format(self) -> ExportFormat:
        """It as a format; its package is imported when the format is written."""
        name = self.entry.name

        def write(rows: Iterable[ImageRow], record_of: RecordOf, names: AccountNames = NO_NAMES) -> Iterator[str]:
            return self._write(json_value(row, record_of, names) for row in rows)

        # Its name is the best guess of what files of it are called.
        return ExportFormat(name, name, write, f"by {self.package}", needs_records=True, named=write)

    def _write(self, images: Iterator[RawRecord]) -> Iterator[str]:
        """The texts of the package's function.

        Raises:
            UsageError: there is no such function, or its module cannot be imported.
            OutputError: it fails.
        """
        export = self._function()
        given = _Given(images)
        try:
            for piece in export(given):
                if not isinstance(piece, str):
                    raise TypeError(f"it gave {type(piece).__name__} in place of text")
                yield piece
        except (Exception, SystemExit) as error:
            if error is given.failure or isinstance(error, AmituiError):
                raise  # it stems from amitui, and passed through
            raise OutputError(
                f"the exporter {self.entry.name} of {self.package} failed",
                why=_words(error),
                remedy="what was written is not all; report it to that package's authors",
            ) from error

    def _function(self) -> Callable[[Iterable[RawRecord]], Iterable[Any]]:
        try:
            export = self.entry.load()
        except (Exception, SystemExit) as error:
            raise UsageError(
                f"the exporter {self.entry.name} of {self.package} cannot be loaded",
                why=_words(error),
                remedy="install that package again, or remove it",
            ) from error
        if not callable(export):
            raise UsageError(
                f"the exporter {self.entry.name} of {self.package} is no function",
                why=f"{show_invisible(self.entry.value)} is of type {type(export).__name__}",
                remedy="report it to that package's authors",
            )
        found: Callable[[Iterable[RawRecord]], Iterable[Any]] = export
        return found


class _Given:
    """The images on their way into a package's function; keeps what failed in reading them."""

    def __init__(self, images: Iterator[RawRecord]) -> None:
        self._images = images
        self.failure: Exception | None = None

    def __iter__(self) -> Iterator[RawRecord]:
        try:
            yield from self._images
        except Exception as error:
            self.failure = error
            raise


def _words(error: BaseException) -> str:
    """What went wrong, in one line that is safe to show."""
    said = show_invisible(" ".join(str(error).split()))
    return f"{type(error).__name__}: {said[:MOST_WORDS]}" if said else type(error).__name__


@cache
def installed() -> dict[str, Exporter]:
    """The exporters of the packages that are installed, by name; none hides a format that is built in.

    Of two packages with the same name, the one that Python finds first has it.
    """
    from importlib.metadata import entry_points

    found: dict[str, Exporter] = {}
    for entry in entry_points(group=GROUP):
        if entry.name not in FORMATS and show_invisible(entry.name) == entry.name:
            package = f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else entry.value
            found.setdefault(entry.name, Exporter(entry, show_invisible(package)))
    return dict(sorted(found.items()))


def installed_formats() -> dict[str, ExportFormat]:
    """The formats of the packages that are installed."""
    return {name: one.format() for name, one in installed().items()}


def format_of(name: str) -> ExportFormat:
    """A format that is built in, or a package's.

    Raises:
        UsageError: nothing has that name.
    """
    if name in FORMATS:
        return FORMATS[name]
    if (found := installed().get(name)) is None:
        raise UsageError(f"no format is called {show_invisible(name)}", remedy=f"one of {', '.join(FORMATS)}")
    return found.format()
