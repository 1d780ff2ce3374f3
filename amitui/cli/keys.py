"""`amitui keys`: the keys of every screen, with what the config remaps."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from amitui.cli.common_options import command_parser, settings_of

if TYPE_CHECKING:
    from amitui.settings import Settings


def keys_call(argv: Sequence[str]) -> Callable[[], int]:
    """The call that the words ask for."""
    parser = command_parser(
        "keys",
        "List the keys of every screen, as [keys] of the config has them. A key means the same on every screen\n"
        'that has it. With --ids each is named as in [keys], where  "launched.stop" = "s,ctrl+e"  gives it other\n'
        "keys. Asks AWS nothing. Exit codes: 0 printed, 2 usage.",
    )
    parser.add("--ids", action="store_true", help="also the ids by which [keys] of the config gives other keys")
    options = parser.parse(argv)
    settings = settings_of(options)
    return lambda: keys(settings, ids=options.ids)


def keys(settings: Settings, *, ids: bool = False) -> int:
    """Print them; the exit code.

    Args:
        ids: name each binding as `[keys]` of the config does.
    """
    # Textual's names of keys, which no other command needs.
    from amitui.ui.keys.command_keys import as_text as commands_as_text
    from amitui.ui.keys.keymap import checked_keymap
    from amitui.ui.keys.table import as_text

    config = settings.locations.config_file
    keymap = checked_keymap(dict(settings.keys), [one.id for one in settings.commands], config)
    own = commands_as_text(settings.commands, keymap, config, ids=ids)
    sys.stdout.write(as_text(keymap, ids=ids))
    sys.stdout.write(own)
    return 0
