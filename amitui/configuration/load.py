"""Settings: defaults < config file (TOML) < `AMITUI_*` variables < typed options."""

from __future__ import annotations

import os
from collections.abc import Mapping

from amitui.configuration.file import from_file
from amitui.configuration.readers import READERS, checked, read_url
from amitui.errors import UsageError
from amitui.identity.caller import find_caller
from amitui.identity.endpoints import canonical
from amitui.paths import home_of, locate
from amitui.settings import Settings

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
    values = from_file(where.config_file, required=config_file is not None or bool(environ.get("AMITUI_CONFIG")))
    for name, read in READERS.items():
        variable = f"AMITUI_{name.upper()}"
        # A variable that is empty counts as one that is not set: it must not switch a configured mark off.
        if text := environ.get(variable, "").strip():
            values[name] = checked(read, text, f"{variable} in the environment")
    if not {"organization", "organization_accounts"}.isdisjoint({*given, *values}):
        from amitui.configuration.organization import organization_values

        values |= organization_values(values, given, environ)
        given = {name: value for name, value in given.items() if not name.startswith("organization")}
    known = {*Settings._fields}
    for name, value in given.items():
        if name not in known:
            raise UsageError(f"unknown option {name}")
        if name in _NEVER_EMPTY and (not value or (isinstance(value, tuple) and "" in value)):
            option = f"--{name.replace('_', '-')}"
            raise UsageError(
                f"{option} is empty",
                why="perhaps a shell variable is not set",
                remedy="give a value, or omit the option",
            )
        values[name] = checked(read_url, value, "--endpoint-url") if name == "endpoint_url" else value
    settings = Settings(locations=where, **_with_members(values, given, environ))  # type: ignore[arg-type]
    return settings if settings.demo else _placed(settings, environ)


def _with_members(
    values: dict[str, object], given: Mapping[str, object], environ: Mapping[str, str]
) -> dict[str, object]:
    """The values with `members` and, as the first of them, `profile`.

    Args:
        values: all of them; `profile` is one name, or several words.
        given: those of typed options.
    """
    profile, accounts = values.get("profile"), values.pop("members", ())
    words: tuple[str, ...] = (profile,) if isinstance(profile, str) else tuple(profile or ())  # type: ignore[arg-type]
    if "profile" not in given and not environ.get("AMITUI_PROFILE", "").strip():
        words += accounts  # type: ignore[operator]
    if not words:
        return values
    from amitui.configuration.members import chosen_members

    found = chosen_members(words, environ)
    return {**values, "profile": found[0], "members": found if len(found) > 1 else ()}


def _placed(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """The settings with the places of the endpoint that is asked, whatever names it: its images, operations and
    launches are another cloud's."""
    caller = find_caller(settings.profile, environ, endpoint_url=settings.endpoint_url)
    endpoint = None if caller.endpoint_url is None else canonical(caller.endpoint_url)
    return settings._replace(locations=settings.locations._replace(endpoint_url=endpoint), problem=caller.problem)
