"""The config file: TOML with settings, and with sections for keys, profiles, presets and accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.configuration.readers import READERS, checked, read_flag, read_profiles
from amitui.errors import UsageError
from amitui.os_faults import own_words
from amitui.settings import ProfileSettings

if TYPE_CHECKING:
    from amitui.domain.commands.command import UserCommand
    from amitui.domain.launch.presets import Preset
    from amitui.domain.retention.rule import RetentionRule

_LIKE_AN_ACCOUNT = 9
"""So many digits are meant as an account id rather than as a profile's name."""


def from_file(path: str, *, required: bool) -> dict[str, object]:
    """The settings of a config file by field name; none when there is no such file.

    Raises:
        UsageError: it is required and missing, is not TOML, or says what it cannot.
    """
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
    except ValueError as error:  # no TOML, no UTF-8, or a number of thousands of digits
        raise UsageError(f"cannot read the config file {path}", why=str(error)) from error
    except RecursionError:
        raise UsageError(f"cannot read the config file {path}", why="it is nested too deep") from None
    values: dict[str, object] = {
        "keys": _keys(document.pop("keys", {}), path),
        "profiles": _profiles(document.pop("profiles", {}), path),
        "presets": _presets(document.pop("presets", {}), path),
        "clean": _clean_rules(document.pop("clean", {}), path),
        "commands": _commands(document.pop("commands", {}), path),
        "accounts": _address_book(document, path),
    }
    chosen = document.pop("accounts", None)
    if chosen is not None:
        values["members"] = checked(read_profiles, chosen, f"accounts in {path}")
    for name, value in document.items():
        if name not in READERS:
            raise _unknown_setting(name, path)
        values[name] = checked(READERS[name], value, f"{name} in {path}")
    return values


def _unknown_setting(name: str, path: str) -> UsageError:
    tables = "[accounts], [account_names], [clean.NAME], [commands.NAME], [keys], [presets.NAME], [profiles.NAME]"
    known = ", ".join(sorted(("accounts", *READERS)))
    return UsageError(f"unknown setting {name!r} in {path}", remedy=f"one of {known}, {tables}")


def _keys(found: object, path: str) -> tuple[tuple[str, str], ...]:
    # An ID may have a dot in it, which without quotes makes a table of what is before it.
    flat = list[tuple[str, object]]()
    for name, value in found.items() if isinstance(found, dict) else ():
        flat += (
            [(f"{name}.{rest}", keys) for rest, keys in value.items()]
            if isinstance(value, dict)
            else [(name, value)]
        )
    named = [(name, keys) for name, keys in flat if isinstance(keys, str)]
    if not isinstance(found, dict) or len(named) < len(flat):
        raise UsageError(f'[keys] in {path} needs lines like  refresh = "f5,ctrl+r"')
    return tuple(named)


def _address_book(document: dict[str, object], path: str) -> tuple[tuple[str, str], ...]:
    """The tables `[account_names]` and `[accounts]`; a list under `accounts` names profiles, and is left."""
    named = _accounts(document.pop("account_names", {}), "account_names", path)
    if isinstance(document.get("accounts"), list | str):
        return named
    return tuple(dict([*_accounts(document.pop("accounts", {}), "accounts", path), *named]).items())


def _accounts(found: object, table: str, path: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found.values()):
        raise UsageError(f'[{table}] in {path} needs lines like  123456789012 = "dev team"')
    # Not needed by those who have no config file.
    from amitui.domain.accounts import account_of
    from amitui.domain.sharing.grantees import EVERYONE, is_grantee
    from amitui.domain.visible import is_visible

    named: dict[str, str] = {}
    for typed, name in found.items():
        grantee = account_of(typed) or typed
        if grantee == EVERYONE or not is_grantee(grantee):
            raise UsageError(
                f"{typed!r} in [{table}] of {path} is not an account",
                remedy="use a 12-digit account ID, or in quotes the full ARN of an organization or "
                "organizational unit",
            )
        if not name.strip() or not is_visible(name):
            raise UsageError(f"{grantee} in [{table}] of {path} needs a printable name")
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
            key: checked(read_flag, value, f"{key} in [profiles.{name}] of {path}") for key, value in entry.items()
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


def _clean_rules(found: object, path: str) -> tuple[RetentionRule, ...]:
    if not isinstance(found, dict) or not all(isinstance(entry, dict) for entry in found.values()):
        raise UsageError(f'[clean.NAME] in {path} needs lines like  older_than = "90d"')
    if not found:
        return ()
    from amitui.domain.retention.rule import read_rule  # only those who have rules pay for its import

    rules = []
    for name, entry in found.items():
        try:
            rules.append(read_rule(name, entry))
        except ValueError as error:
            raise UsageError(f"cannot use [clean.{name}] of {path}", why=str(error)) from error
    return tuple(rules)


def _commands(found: object, path: str) -> tuple[UserCommand, ...]:
    if not isinstance(found, dict) or not all(isinstance(entry, dict) for entry in found.values()):
        raise UsageError(f'[commands.NAME] in {path} needs lines like  run = "./check \\"$AMITUI_IMAGE_ID\\""')
    if not found:
        return ()
    from amitui.domain.commands.command import read_command  # only those who have commands pay for its import

    commands = []
    for name, entry in found.items():
        try:
            commands.append(read_command(name, entry))
        except ValueError as error:
            raise UsageError(f"cannot use [commands.{name}] of {path}", why=str(error)) from error
    return tuple(commands)
