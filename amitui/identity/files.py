"""The AWS config and credentials files, read with botocore's rules (`botocore/configloader.py`).

No secret is kept: of a secret's value only its presence and what is wrong with its characters are.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.errors import CredentialsError
from amitui.identity.characters import stray

if TYPE_CHECKING:
    from configparser import RawConfigParser

DEFAULT: Final = "default"
SECRETS: Final = frozenset({"aws_secret_access_key", "aws_session_token", "aws_security_token"})
KEYS: Final = SECRETS | {"aws_access_key_id"}

Section = dict[str, "str | dict[str, str]"]


class Stray(NamedTuple):
    """A key's value with characters that no key has."""

    path: str
    section: str
    key: str
    wrong: str
    """What is wrong with it, in words."""


class AwsFiles(NamedTuple):
    """What both files say, by name. Values that are secret are empty texts."""

    profiles: dict[str, Section]
    """The profiles of both; the credentials file wins key by key."""
    config: dict[str, Section]
    """The profiles of the config file alone."""
    credentials: dict[str, Section]
    """The sections of the credentials file alone."""
    sso_sessions: dict[str, Section]
    services: dict[str, Section]
    strays: tuple[Stray, ...] = ()
    """Key values with characters that no key has."""
    unreadable: tuple[tuple[str, str], ...] = ()
    """Files that are there but cannot be opened, with the reason: botocore goes on as if they were empty."""


class _Parsed(NamedTuple):
    sections: dict[str, Section]
    strays: tuple[Stray, ...] = ()
    unreadable: tuple[tuple[str, str], ...] = ()


_NOTHING: Final = _Parsed({})
_last: list[tuple[_Parsed, _Parsed, AwsFiles]] = []
"""The files that were read last: both as parsed, and merged."""
_parsed: dict[str, tuple[tuple[int, int, int], _Parsed]] = {}
"""By path: the file's state when it was parsed, and what it said."""


def read_files(environ: Mapping[str, str]) -> AwsFiles:
    """Both files; a missing one says nothing.

    Raises:
        CredentialsError: a file cannot be understood. Its words name the line and quote nothing of it.
    """
    # An empty variable counts, as it does for botocore: it names no file.
    config = _parse(_expanded(environ.get("AWS_CONFIG_FILE", "~/.aws/config"), environ))
    credentials = _parse(_expanded(environ.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"), environ))
    for known in _last:
        if known[0] is config and known[1] is credentials:
            return known[2]
    found = _merge(config, credentials)
    _last[:] = [(config, credentials, found)]
    return found


def _merge(config: _Parsed, credentials: _Parsed) -> AwsFiles:
    found = AwsFiles(
        {}, {}, credentials.sections, {}, {},
        config.strays + credentials.strays, config.unreadable + credentials.unreadable,
    )  # fmt: skip
    for title, section in config.sections.items():
        # botocore looks at the beginning of the title, and at how many words there are.
        if title.startswith("profile"):
            _add(found.config, title, section)
        elif title.startswith("sso-session"):
            _add(found.sso_sessions, title, section)
        elif title.startswith("services"):
            _add(found.services, title, section)
        elif title == DEFAULT:
            found.config[DEFAULT] = section
    for name, section in (*found.config.items(), *credentials.sections.items()):
        found.profiles[name] = found.profiles.get(name, {}) | section
    return found


def read_section(path: str, title: str, environ: Mapping[str, str]) -> Section | None:
    """One section of another file of the same form; `None` when the file or the section is not there."""
    return _parse(_expanded(path, environ)).sections.get(title)


def expand_user(path: str, environ: Mapping[str, str]) -> str:
    """The path with a leading `~` replaced, by the HOME of this environment."""
    if path == "~" or path.startswith("~/"):
        home = environ.get("HOME")
        return os.path.expanduser(path) if home is None else (home.rstrip("/") + path[1:]) or "/"
    return os.path.expanduser(path)


def _expanded(path: str, environ: Mapping[str, str]) -> str:
    if "$" in path:
        import re

        def value(match: re.Match[str]) -> str:
            return environ.get(match[1].strip("{}"), match[0])

        path = re.sub(r"\$(\w+|\{[^}]*\})", value, path, flags=re.ASCII)
    return expand_user(path, environ)


def _add(found: dict[str, Section], title: str, section: Section) -> None:
    name = name_in(title)
    if name is not None:
        found[name] = section


def name_in(title: str) -> str | None:
    """The name in a section's title of two words, such as `profile "a b"`; `None` when it is no such title."""
    import shlex

    try:
        words = shlex.split(title)
    except ValueError:
        return None
    return words[1] if len(words) == 2 else None


def _parse(path: str) -> _Parsed:
    try:
        there = os.stat(path)
    except (OSError, ValueError):
        return _NOTHING
    if stat.S_ISDIR(there.st_mode):
        return _Parsed({}, unreadable=((path, "it is a folder"),))
    if not stat.S_ISREG(there.st_mode):
        return _NOTHING  # for botocore too; and a pipe might never end
    state = (there.st_mtime_ns, there.st_size, there.st_ino)
    known = _parsed.get(path)
    if known is not None and known[0] == state:
        return known[1]
    found = _read(path)
    if not found.unreadable:
        _parsed[path] = (state, found)
    return found


def _read(path: str) -> _Parsed:
    import configparser

    parser = configparser.RawConfigParser()
    try:
        # In the locale's encoding, as botocore has it.
        with open(path) as file:
            parser.read_file(file)
        return _sections(path, parser)
    except (FileNotFoundError, NotADirectoryError):
        return _NOTHING
    except OSError as error:
        return _Parsed({}, unreadable=((path, error.strerror or type(error).__name__),))
    except (configparser.Error, ValueError) as error:
        raise CredentialsError(
            "cannot parse the AWS config",
            why=_place(path, error),
            remedy="correct that file, or set AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE to others",
            code="ConfigParseError",
        ) from None  # the cause quotes the line, which may hold a secret


def _sections(path: str, parser: RawConfigParser) -> _Parsed:
    sections: dict[str, Section] = {}
    strays = []
    for title in parser.sections():
        section = sections[title] = {}
        for key in parser.options(title):
            value = parser.get(title, key)
            if key in KEYS and (wrong := stray(value)):
                strays.append(Stray(path, title, key, wrong))
            section[key] = "" if key in SECRETS else _nested(value) if value.startswith("\n") else value
    return _Parsed(sections, tuple(strays))


def _nested(value: str) -> dict[str, str]:
    """A value that is a block of indented lines; raises ValueError where one has no `=`, as botocore does."""
    found = {}
    for line in value.splitlines():
        if line.strip():
            key, text = line.strip().split("=", 1)
            found[key.strip()] = text.strip()
    return found


def _place(path: str, error: Exception) -> str:
    # configparser's own words quote the line, which may hold a secret.
    line = getattr(error, "lineno", None)
    errors = getattr(error, "errors", None)
    if line is None and errors:
        line = errors[0][0]
    return f"{path!r}, line {line}" if line else repr(path)
