"""The options that every command takes, and the settings that they make."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from amitui.cli.options import CommandParser
from amitui.configuration.load import load_settings
from amitui.errors import CacheError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import SimpleNamespace

    from amitui.services.remembered import ScreenState
    from amitui.settings import Settings


def command_parser(
    name: str, description: str, epilog: str = "", *, several_profiles: bool = False
) -> CommandParser:
    """A parser that takes the options of every command.

    Args:
        several_profiles: whether `--profile` may be given more than once; its value is then a list, or `None`.
    """
    parser = CommandParser(name, description, epilog)
    add = parser.add
    add("--region", action="append", dest="regions", metavar="R", help="Region; repeatable")
    if several_profiles:
        add(
            "--profile",
            action="append",
            metavar="P",
            help="profile in the AWS config, or a pattern such as '*-prod'; repeatable",
        )
        _add_organization(parser)
    else:
        add("--profile", metavar="P", help="profile in the AWS config")
    add(
        "--scope",
        action="append",
        dest="scopes",
        metavar="S",
        help="mine, shared, amazon, publishers, marketplace, community, all or an account ID; repeatable",
    )
    add(
        "--demo",
        action="store_true",
        default=None,
        help="use a simulated EC2; needs no credentials, keeps nothing",
    )
    add("--offline", action="store_true", default=None, help="never contact AWS; use the cache only")
    add("--endpoint-url", metavar="U", help="another EC2 endpoint (with a catalogue of its own)")
    add("--cache-dir", metavar="D", help="directory for the cached catalogue")
    add("--config", dest="config_file", metavar="F", help="config file (TOML)")
    return parser


def _add_organization(parser: CommandParser) -> None:
    add = parser.add
    add(
        "--organization",
        nargs="?",
        metavar="ROLE",
        help="with the accounts of the organization, each through the role of this name",
    )
    add("--role", metavar="ROLE", help="the same, as a word of its own")
    add(
        "--account",
        action="append",
        dest="organization_accounts",
        metavar="A",
        help="of these, only this one: ID, name or pattern such as '*-prod', or ID of a unit; repeatable",
    )


def settings_of(options: SimpleNamespace, *extra: str, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this start.

    Args:
        options: as parsed.
        extra: options that are settings too, besides those of every command.
        environ: instead of the process' own.
    """
    names = ("regions", "profile", "scopes", "demo", "offline", "endpoint_url", "cache_dir", "config_file", *extra)
    given = {name: getattr(options, name) for name in names}
    given["organization"] = getattr(options, "role", None) or getattr(options, "organization", None)
    given["organization_accounts"] = getattr(options, "organization_accounts", None)
    for name in ("regions", "scopes"):
        if given[name] is not None:
            given[name] = tuple(part for word in given[name] for part in word.split(",") if part)
    if isinstance(given["profile"], list):
        given["profile"] = tuple(given["profile"])
    return load_settings(given, os.environ if environ is None else environ)


def saved_state(settings: Settings, text: str) -> ScreenState | None:
    """The saved view that a typed query names; `None`: it names none.

    Raises:
        UsageError: there is none of that name.
    """
    from amitui.services.saved_views import SavedViews, name_in

    name, _ = name_in(text)
    return SavedViews(settings.locations.views_file).get(name).state if name else None


def note_visit(settings: Settings, text: str) -> None:
    """Note that the saved view is opened that a typed query names, if it names one."""
    if not text.startswith("@"):
        return
    from amitui.services.saved_views import SavedViews, name_in

    # A disk that takes nothing does not keep the view from being opened: only what counts as new stays.
    with suppress(CacheError):
        SavedViews(settings.locations.views_file).visit(name_in(text)[0], now=int(time.time()))


def with_saved_view(settings: Settings, text: str) -> Settings:
    """The settings with the query typed; a saved view that it names comes under what was typed."""
    from amitui.services.saved_views import name_in

    state = saved_state(settings, text)
    if state is None:
        return settings._replace(query=text)
    _, words = name_in(text)
    return settings._replace(
        query=f"{state.text} {words}".strip(),
        scopes=settings.scopes or state.scopes,
        regions=settings.regions or state.regions,
    )
