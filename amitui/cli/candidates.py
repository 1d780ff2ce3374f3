"""What can follow on a command line: commands, options and their values, and the words of a query.

Told from the parsers themselves, so that an option which is added is completed. Nothing heavy is imported: a Tab
waits for this.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.errors import AmituiError

if TYPE_CHECKING:
    from amitui.cli.options import Argument, CommandParser
    from amitui.paths import Locations

FILES: Final = ":files"
"""Says that names of files follow, which the shell completes itself."""

THEMES: Final = (("amitui-dark", "dark"), ("amitui-light", "light"), ("amitui-mono", "without colours"))

_SHORTEST: Final = 1
"""Characters of a query's word from which on names of publishers are offered."""


class Candidate(NamedTuple):
    """One way to go on."""

    value: str
    about: str = ""
    open: bool = False
    """Whether more is to be typed right behind it (`owner:`)."""


class Line(NamedTuple):
    """A command line as far as it is typed."""

    words: Sequence[str]
    """Behind the program's name, whole ones."""
    current: str
    """What is being typed, or empty."""
    commands: Sequence[str]
    parser_of: Callable[[str], CommandParser]
    """By command; empty = the screen's."""


class _Typed(NamedTuple):
    """What the whole words of a line say."""

    command: str
    """Empty: the screen."""
    options: dict[str, str]
    """The values of options so far."""
    positionals: int
    """Other words, such as those of a query."""


def candidates(line: Line) -> list[Candidate | str]:
    """What can stand in the place of the word that is being typed, in order; `FILES` for names of files."""
    typed = _typed(line)
    parser = line.parser_of(typed.command)
    options = {name: one for one in parser.arguments if one.is_option for name in one.names}
    before = line.words[-1] if line.words else ""
    if "--" not in line.words:
        if before in options and options[before].takes_value:
            return _matching(_values(options[before], typed), line.current)
        name, equals, value = line.current.partition("=")
        if equals and name in options and options[name].takes_value:
            found = _matching(_values(options[name], typed), value)
            return [one if isinstance(one, str) else one._replace(value=f"{name}={one.value}") for one in found]
        if line.current.startswith("-"):
            return _matching(_options(parser, line.words), line.current)
    return _positionals(line, parser, typed)


def _typed(line: Line) -> _Typed:
    taking_values = _taking_values(line.parser_of(""))
    command, found, positionals = "", dict[str, str](), 0
    words = iter(line.words)
    for word in words:
        if word == "--":
            return _Typed(command, found, positionals + len(list(words)))
        name, equals, value = word.partition("=")
        if word.startswith("-"):
            if name in taking_values:
                found[name] = value if equals else next(words, "")
        elif command or positionals or word not in line.commands:
            positionals += 1
        else:
            command = word
            taking_values |= _taking_values(line.parser_of(word))
    return _Typed(command, found, positionals)


def _taking_values(parser: CommandParser) -> set[str]:
    return {name for one in parser.arguments if one.takes_value for name in one.names}


def _options(parser: CommandParser, words: Sequence[str]) -> Iterator[Candidate]:
    for one in parser.arguments:
        # Given twice, the second would take the place of the first.
        if one.is_option and (one.action == "append" or not set(one.names) & set(words)):
            yield Candidate(one.names[-1], one.help)
    if not {"-h", "--help"} & set(words):
        yield Candidate("--help", "how it is used")


def _positionals(line: Line, parser: CommandParser, typed: _Typed) -> list[Candidate | str]:
    positional = next((one for one in parser.arguments if not one.is_option), None)
    found: list[Candidate | str] = []
    if not line.words:
        found += [Candidate(name, line.parser_of(name).about) for name in line.commands]
    if positional is None:
        return _matching(found, line.current)
    if positional.name not in ("query", "before", "after"):
        return _matching([*found, *_values(positional, typed)], line.current)
    if positional.name == "query" and not typed.positionals:
        found += _views(typed)
    return _matching(found, line.current) + list(_query_words(line.current))


def _matching(found: Iterable[Candidate | str], current: str) -> list[Candidate | str]:
    return [one for one in found if isinstance(one, str) or one.value.startswith(current)]


# Values of options


def _values(argument: Argument, typed: _Typed) -> list[Candidate | str]:
    """What an option or a positional argument takes."""
    if argument.choices:
        return list(_choices(argument))
    if argument.name in ("config_file", "cache_dir", "files"):
        return [FILES]
    if argument.name in ("regions", "region"):
        return list(_regions(typed))
    if argument.name == "profile":
        return list(_profiles())
    if argument.name == "scopes":
        from amitui.domain.catalogue.scope import SCOPE_TITLES

        return [Candidate(name, title) for name, title in SCOPE_TITLES.items()]
    return [Candidate(*theme) for theme in THEMES] if argument.name == "theme" else []


def _choices(argument: Argument) -> Iterator[Candidate]:
    from amitui.cli.format_names import FormatNames
    from amitui.presentation.export import FORMATS

    formats = argument.name == "output"
    for choice in argument.choices:
        yield Candidate(choice, FORMATS[choice].about if formats and choice in FORMATS else "")
    if isinstance(argument.settings["choices"], FormatNames):
        from amitui.presentation.exporters import installed_formats

        for name, one in installed_formats().items():
            yield Candidate(name, one.about)


def _locations(typed: _Typed) -> Locations:
    """Where the cache and the state are, by what is typed so far.

    Raises:
        AmituiError: the settings are wrong. The command itself says so; what can be offered without them is.
    """
    from amitui.configuration.load import load_settings

    options = {"cache_dir": "--cache-dir", "endpoint_url": "--endpoint-url", "config_file": "--config"}
    given = {name: typed.options.get(option) for name, option in options.items()}
    return load_settings(given, os.environ).locations


def _views(typed: _Typed) -> Iterator[Candidate]:
    """The saved views."""
    from amitui.services.saved_views import MARK, SavedViews

    with suppress(AmituiError):
        for view in SavedViews(_locations(typed).views_file).all():
            yield Candidate(f"{MARK}{view.name}", view.state.query)


def _regions(typed: _Typed) -> Iterator[Candidate]:
    """Those that are cached first, then all that are known."""
    from amitui.domain.region import PLACES
    from amitui.paths import names_in

    names: list[str] = []
    with suppress(AmituiError):
        names = names_in(_locations(typed).index_dir)
    cached = sorted(name.removesuffix(".sqlite") for name in names if name.endswith(".sqlite"))
    for name in dict.fromkeys([*cached, *PLACES]):
        place = PLACES.get(name, "")
        yield Candidate(name, f"{place} (cached)".strip() if name in cached else place)


def _profiles() -> Iterator[Candidate]:
    from amitui.ec2.profiles import available_profiles

    with suppress(AmituiError):
        for profile in available_profiles():
            yield Candidate(profile.name, profile.region)


# Words of a query


def _query_words(current: str) -> Iterator[Candidate]:
    """Fields and their values, and the names of publishers."""
    from amitui.domain.image.publishers import PUBLISHERS
    from amitui.domain.query.parser import FIELDS

    minus = "-" if current.startswith("-") else ""
    word = current[len(minus) :]
    field, colon, typed = word.partition(":")
    if colon:
        # Of several values, the last one is being typed.
        head, comma, value = typed.rpartition(",")
        for one, about in _field_values(field):
            if one.startswith(value) and one not in head.split(","):
                yield Candidate(f"{minus}{field}:{head}{comma}{one}", about)
        return
    for name in FIELDS:
        if name.startswith(word):
            yield Candidate(f"{minus}{name}:", "", open=True)
    if len(word) >= _SHORTEST:
        for publisher in PUBLISHERS:
            for one in _spoken(publisher.name, publisher.words):
                if one.startswith(word):
                    yield Candidate(f"{minus}{one}", publisher.name)


def _field_values(field: str) -> Iterator[tuple[str, str]]:
    from amitui.domain.image.publishers import PUBLISHERS
    from amitui.domain.query.terms import BEST, SORT_COLUMNS
    from amitui.domain.query.values import ENUMERATIONS, FLAGS

    if field in ENUMERATIONS:
        for name, meant in ENUMERATIONS[field].items():
            yield name, "" if meant == (name,) else ", ".join(meant)
    elif field == "imds":
        yield from (("v2", "metadata with tokens only"), ("no", ""))
    elif field in FLAGS:
        yield from (("yes", ""), ("no", ""))
    elif field == "owner":
        yield "self", "this account"
        for publisher in PUBLISHERS:
            yield from ((word, publisher.name) for word in _spoken(publisher.name, publisher.words))
    elif field == "sort":
        yield from ((column, "") for column in SORT_COLUMNS)
        yield from ((f"-{column}", "") for column in SORT_COLUMNS if column != BEST)
    elif field in ("created", "age"):
        less = "<" if field == "age" else ""
        yield from ((f"{less}7d", "a week"), (f"{less}30d", "a month"), (f"{less}90d", "three months"))


def _spoken(name: str, words: Sequence[str]) -> list[str]:
    """A publisher's names that are one word of a command line."""
    return [word for word in dict.fromkeys((name.lower(), *words)) if word.replace("-", "").isalnum()]
