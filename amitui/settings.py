"""Settings: defaults < config file (TOML) < `AMITUI_*` variables < typed options, each checked where it enters."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from amitui.errors import UsageError
from amitui.identity.caller import find_caller
from amitui.identity.endpoints import canonical, is_url
from amitui.os_faults import own_words
from amitui.paths import Locations, home_of, locate

if TYPE_CHECKING:
    from amitui.domain.launch.presets import Preset
    from amitui.errors import CredentialsError

GLYPHS = ("auto", "unicode", "ascii")


class ProfileSettings(NamedTuple):
    """The safety marks of a profile of the AWS config, or of an account."""

    production: bool = False
    """Shown in a colour of its own; every change there is confirmed by typing."""
    read_only: bool = False

    def stricter(self, other: ProfileSettings) -> ProfileSettings:
        """Both together: a mark tightens, and none loosens another."""
        return ProfileSettings(self.production or other.production, self.read_only or other.read_only)


class Settings(NamedTuple):
    """Everything a start of amitui can be told."""

    locations: Locations
    query: str = ""
    regions: tuple[str, ...] = ()
    """Empty: the last screen's, else the profile's, else `us-east-1` in the demo."""
    profile: str | None = None
    scopes: tuple[str, ...] = ()
    """Scope names or account ids; empty: the last screen's, else Mine."""
    read_only: bool = False
    demo: bool = False
    offline: bool = False
    endpoint_url: str | None = None
    theme: str = ""
    """A theme's name; empty: the last screen's, else amitui's own."""
    mouse: bool = True
    glyphs: str = "auto"
    """`unicode`, `ascii`, or `auto` by the locale's character set."""
    ttl_hours: float = 24.0
    """Age at which the public part of a catalogue is fetched again in the background."""
    ttl_own_minutes: float = 10.0
    """The same for Mine and Shared with me."""
    page_size: int = 1000
    """MaxResults of one DescribeImages call."""
    keys: tuple[tuple[str, str], ...] = ()
    """Remapped keys as (binding id, keys) pairs; keys are comma-separated."""
    profiles: tuple[tuple[str, ProfileSettings], ...] = ()
    """By the profile's name, in which `*` and `?` stand for any letters, or by an account's 12 digits."""
    presets: tuple[tuple[str, Preset], ...] = ()
    """Launches by the name that the config gives them, in its order."""
    accounts: tuple[tuple[str, str], ...] = ()
    """The address book: what accounts, and ARNs of organizations and their units, are called."""

    problem: CredentialsError | None = None
    """Why AWS cannot be asked as these settings say, and so why it is not known whose catalogue they mean."""

    def of_profile(self, profile: str | None) -> ProfileSettings:
        """The marks of a profile: whatever any matching entry says, in letters of any case.

        Args:
            profile: `None` = `default`.
        """
        marks = ProfileSettings()
        if self.profiles:
            from fnmatch import fnmatchcase  # not needed by commands that change nothing

            name = (profile or "default").casefold()
            for pattern, entry in self.profiles:
                # Brackets are letters of a name here, and no set of letters.
                if fnmatchcase(name, pattern.casefold().replace("[", "[[]")):
                    marks = marks.stricter(entry)
        return marks

    def of_accounts(self) -> dict[str, ProfileSettings]:
        """The marks that name accounts, by account id."""
        from amitui.domain.accounts import account_of  # not needed where nothing is marked

        found: dict[str, ProfileSettings] = {}
        for pattern, entry in self.profiles:
            if account := account_of(pattern):
                found[account] = entry.stricter(found.get(account, ProfileSettings()))
        return found


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text")
    return value


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("0", "false", "no", "off"):
        return False
    raise TypeError("true or false (or 1, yes, on; 0, no, off)")


def _url(value: object) -> str | None:
    if isinstance(value, str) and (not value or is_url(value)):
        return value or None
    raise TypeError("a URL such as http://127.0.0.1:4566")


def _profile(value: object) -> str | None:
    return _text(value) or None


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part for part in value.replace(",", " ").split() if part)
    if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return tuple(value)
    raise TypeError("a string or a list of strings")


def _positive(value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise TypeError("a number above 0") from None
    if isinstance(value, bool) or not 0 < number < 1e9:
        raise TypeError("a number above 0")
    return number


def _page_size(value: object) -> int:
    number = _positive(value)
    if number != int(number) or not 1 <= number <= 1000:
        raise TypeError("a whole number from 1 to 1000, the range that EC2 accepts")
    return int(number)


def _glyphs(value: object) -> str:
    if value not in GLYPHS:
        raise TypeError(" or ".join(GLYPHS))
    return str(value)


READERS: dict[str, Callable[[object], object]] = {
    "query": _text,
    "regions": _texts,
    "profile": _profile,
    "scopes": _texts,
    "read_only": _flag,
    "offline": _flag,
    "endpoint_url": _url,
    "theme": _text,
    "mouse": _flag,
    "glyphs": _glyphs,
    "ttl_hours": _positive,
    "ttl_own_minutes": _positive,
    "page_size": _page_size,
}
"""What may stand in the config file and, upper-cased behind `AMITUI_`, in the environment."""

_LIKE_AN_ACCOUNT = 9
"""So many digits are meant as an account id rather than as a profile's name."""

_NEVER_EMPTY = ("profile", "endpoint_url")
"""Options for which an empty value is refused: it stems from a variable that is not set, and acting as somebody
else, or at AWS instead of at home, is not what its user wants."""


def load_settings(options: Mapping[str, object], environ: Mapping[str, str]) -> Settings:
    """The settings of this start.

    Args:
        options: typed options by field name, `None` where not given; `cache_dir` and `config_file` besides.

    Raises:
        UsageError: a config file that is not TOML, an unknown setting, a value of the wrong kind.
    """
    given = {name: value for name, value in options.items() if value is not None}
    cache_dir, config_file = given.pop("cache_dir", None), given.pop("config_file", None)
    if given.get("demo") and home_of(environ) is None:
        environ = {**environ, "HOME": os.devnull}  # the demo keeps nothing
    where = locate(
        environ,
        cache_dir=None if cache_dir is None else str(cache_dir),
        config_file=None if config_file is None else str(config_file),
    )
    values = _from_file(where.config_file, required=config_file is not None or bool(environ.get("AMITUI_CONFIG")))
    for name, read in READERS.items():
        variable = f"AMITUI_{name.upper()}"
        # A variable that is empty counts as one that is not set: it must not switch a configured mark off.
        if text := environ.get(variable, "").strip():
            values[name] = _checked(read, text, f"{variable} in the environment")
    known = {*Settings._fields}
    for name, value in given.items():
        if name not in known:
            raise UsageError(f"unknown option {name}")
        if name in _NEVER_EMPTY and not value:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(
                f"{option} is empty",
                why="perhaps a shell variable is not set",
                remedy="give a value, or omit the option",
            )
        values[name] = _checked(_url, value, "--endpoint-url") if name == "endpoint_url" else value
    settings = Settings(locations=where, **values)  # type: ignore[arg-type]
    return settings if settings.demo else _placed(settings, environ)


def _placed(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """The settings with the places of the endpoint that is asked, whatever names it: its images, operations and
    launches are another cloud's."""
    caller = find_caller(settings.profile, environ, endpoint_url=settings.endpoint_url)
    endpoint = None if caller.endpoint_url is None else canonical(caller.endpoint_url)
    return settings._replace(locations=settings.locations._replace(endpoint_url=endpoint), problem=caller.problem)


def _from_file(path: str, *, required: bool) -> dict[str, object]:
    try:
        with open(path, "rb") as file:
            text = file.read()
    except (FileNotFoundError, NotADirectoryError) as error:
        if required:
            raise UsageError(
                f"config file not found: {path}", remedy="name an existing file with --config"
            ) from error
        return {}
    except OSError as error:
        # It may hold what protects a production account, so it is not passed over.
        raise UsageError(f"cannot read the config file {path}", why=own_words(error)) from error
    import tomllib  # only those who have a config file pay for its import

    try:
        document = tomllib.loads(text.decode("utf-8-sig"))  # editors of Windows write a byte order mark
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the config file {path}", why=str(error)) from error
    except RecursionError:
        raise UsageError(f"cannot read the config file {path}", why="it is nested too deep") from None
    values: dict[str, object] = {
        "keys": _keys(document.pop("keys", {}), path),
        "profiles": _profiles(document.pop("profiles", {}), path),
        "presets": _presets(document.pop("presets", {}), path),
        "accounts": _accounts(document.pop("accounts", {}), path),
    }
    for name, value in document.items():
        if name not in READERS:
            known = ", ".join(sorted(READERS))
            raise UsageError(
                f"unknown setting {name!r} in {path}",
                remedy=f"one of {known}, [accounts], [keys], [profiles.NAME]",
            )
        values[name] = _checked(READERS[name], value, f"{name} in {path}")
    return values


def _keys(found: object, path: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise UsageError(f'[keys] in {path} needs lines like  refresh = "f5,ctrl+r"')
    return tuple(found.items())


def _accounts(found: object, path: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found.values()):
        raise UsageError(f'[accounts] in {path} needs lines like  123456789012 = "dev team"')
    # Not needed by those who have no config file.
    from amitui.domain.accounts import account_of
    from amitui.domain.sharing.grantees import EVERYONE, is_grantee
    from amitui.domain.visible import is_visible

    named: dict[str, str] = {}
    for typed, name in found.items():
        grantee = account_of(typed) or typed
        if grantee == EVERYONE or not is_grantee(grantee):
            raise UsageError(
                f"{typed!r} in [accounts] of {path} is not an account",
                remedy="use a 12-digit account ID, or in quotes the full ARN of an organization or "
                "organizational unit",
            )
        if not name.strip() or not is_visible(name):
            raise UsageError(f"{grantee} in [accounts] of {path} needs a printable name")
        named[grantee] = name
    return tuple(named.items())


def _profiles(found: object, path: str) -> tuple[tuple[str, ProfileSettings], ...]:
    if not isinstance(found, dict) or not all(isinstance(entry, dict) for entry in found.values()):
        raise UsageError(f"[profiles.NAME] in {path} needs lines like  production = true")
    entries = []
    for name, entry in found.items():
        _check_marked(name, path)
        for setting in entry:
            if setting not in ProfileSettings._fields:
                known = ", ".join(ProfileSettings._fields)
                raise UsageError(
                    f"unknown setting {setting!r} in [profiles.{name}] of {path}", remedy=f"one of {known}"
                )
        flags = {
            key: _checked(_flag, value, f"{key} in [profiles.{name}] of {path}") for key, value in entry.items()
        }
        entries.append((name, ProfileSettings(**flags)))  # type: ignore[arg-type]
    return tuple(entries)


def _check_marked(name: str, path: str) -> None:
    """Refuse what can be no profile's name and no account: its marks would protect nothing."""
    from amitui.domain.accounts import account_of, plain_digits  # not needed where nothing is marked
    from amitui.domain.visible import is_visible

    if account_of(name):
        return
    if not name or name != name.strip() or not is_visible(name):
        raise UsageError(
            f"{name!r} in [profiles] of {path} names no profile",
            why="it is empty, or has blanks around it or characters that cannot be seen",
            remedy="write the profile's name as `aws configure list-profiles` does",
        )
    if name.lower().startswith("arn:"):
        raise UsageError(
            f"{name!r} in [profiles] of {path} is neither a profile nor an account",
            remedy="name the account by its twelve digits: 111122223333",
        )
    digits = "".join(plain_digits(name).replace("-", " ").split())
    if digits.isdigit() and len(digits) >= _LIKE_AN_ACCOUNT:
        raise UsageError(
            f"{name!r} in [profiles] of {path} is not an account",
            remedy="an account ID has 12 digits: 111122223333",
        )


def _presets(found: object, path: str) -> tuple[tuple[str, Preset], ...]:
    if not isinstance(found, dict) or not all(isinstance(entry, dict) for entry in found.values()):
        raise UsageError(f'[presets.NAME] in {path} needs lines like  instance_type = "t3.small"')
    if not found:
        return ()
    from amitui.domain.launch.presets import read  # only those who name launches pay for its import

    entries = []
    for name, entry in found.items():
        try:
            entries.append((name, read(entry)))
        except ValueError as error:
            raise UsageError(f"cannot use [presets.{name}] of {path}", why=str(error)) from error
    return tuple(entries)


def _checked(read: Callable[[object], object], value: object, where: str) -> object:
    try:
        return read(value)
    except TypeError as error:
        raise UsageError(f"{where} wants {error}, not {value!r}") from error
