"""What can be typed behind `amitui find`."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from amitui.cli.common_options import command_parser, saved_state, settings_of, with_saved_view
from amitui.cli.numbers import whole
from amitui.errors import UsageError

if TYPE_CHECKING:
    from amitui.cli.options import CommandParser


def find_call(argv: Sequence[str]) -> Callable[[], int]:
    """The call that the words ask for."""
    gc.disable()  # a moment's work leaves nothing worth collecting; fetching switches it on again
    parser = _parser()
    options = parser.parse(argv)
    settings = settings_of(options)
    text = " ".join(options.query)
    _check(options, offline=settings.offline)
    deprecated = options.include_deprecated
    if text.startswith("@"):
        state = saved_state(settings, text)
        deprecated = deprecated or (state is not None and state.show_deprecated)
        settings = with_saved_view(settings, text)
        text = settings.query

    def call() -> int:
        from amitui.cli.find import FindRequest, find

        request = FindRequest(
            text,
            options.output,
            options.limit,
            options.latest,
            options.all_regions,
            deprecated,
            options.explain,
            options.fresh,
            options.facets,
        )
        return find(settings, request)

    return call


def _check(options: Any, *, offline: bool) -> None:
    """Refuse options that exclude each other."""
    if options.fresh and offline:
        raise UsageError(
            "--fresh and --offline exclude each other",
            why="--fresh asks EC2 about what is printed, and --offline never contacts AWS",
            remedy="leave out one of them",
        )
    if options.facets and (options.output not in ("table", "json") or options.explain or options.fresh):
        raise UsageError(
            "--facets prints counts, and no images",
            why="--explain, --fresh and formats of images have nothing to say of counts",
            remedy="amitui find QUERY --facets, or with -o json",
        )


def _parser() -> CommandParser:
    from amitui.cli.format_names import format_names

    parser = command_parser(
        "find",
        "Search the catalogue. Exit codes: 0 found, 1 nothing found, 2 usage, 3 AWS or credentials, 4 cache.",
        several_profiles=True,
    )
    add = parser.add
    add("query", nargs="*", metavar="QUERY", help="words, owner:canonical, arch:arm64, created:30d, …")
    add("-o", "--output", choices=format_names(), default="table", help="default: table")
    add(
        "--limit",
        type=whole,
        metavar="N",
        help="at most N images (default: 100 for table, all for other formats)",
    )
    add("--latest", action="store_true", help="only the best image of each owner, family and architecture")
    add("--all-regions", action="store_true", help="search every cached Region")
    add("--include-deprecated", action="store_true", help="show deprecated images too")
    add("--fresh", action="store_true", help="confirm with EC2, by ID, that what is printed is still so")
    add("--facets", action="store_true", help="count the matches by architecture, platform, publisher, year …")
    add("--explain", action="store_true", help="say of each image why it stands where it does")
    return parser
