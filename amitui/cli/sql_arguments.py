"""What can be typed behind `amitui sql`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from amitui.cli.common_options import command_parser, settings_of
from amitui.cli.numbers import whole
from amitui.errors import UsageError
from amitui.presentation.answer_export import FORMATS

if TYPE_CHECKING:
    from amitui.cli.options import CommandParser

TABLE = "table"


def sql_call(argv: Sequence[str]) -> Callable[[], int]:
    """The call that the words ask for."""
    parser = _parser()
    options = parser.parse(argv)
    given = [options.statement is not None, options.file is not None, options.schema]
    if sum(given) != 1:
        raise UsageError(
            "give one statement" if sum(given) else "no statement was given",
            why="it is an argument, - for stdin, or --file; --schema needs none",
            remedy='amitui sql "SELECT family, count(*) FROM images GROUP BY family ORDER BY 2 DESC LIMIT 10"',
        )
    settings = settings_of(options)

    def call() -> int:
        from amitui.cli.sql import SqlRequest, sql

        chosen = settings.regions if options.regions else ()
        return sql(
            settings,
            SqlRequest(
                options.statement,
                options.file,
                options.output,
                options.limit,
                options.source,
                tuple(options.tables or ()),
                options.schema,
                chosen,
                settings.scopes if options.scopes else (),
            ),
        )

    return call


def _parser() -> CommandParser:
    parser = command_parser(
        "sql",
        "Ask the cached catalogue, or one that is shared, with one SELECT of DuckDB's SQL about the table\n"
        "images. Nothing else is read, and nothing is changed. Needs pip install 'amitui[engines]'. Exit codes:\n"
        "0 rows, 1 none, 2 usage or SQL, 3 AWS or credentials, 4 cache.",
        several_profiles=True,
    )
    add = parser.add
    add("statement", nargs="?", metavar="SELECT", help="the statement; - reads it from stdin")
    add("-f", "--file", metavar="FILE", help="read the statement from a file")
    add(
        "-o",
        "--output",
        choices=(TABLE, *FORMATS),
        default=TABLE,
        metavar="FORM",
        help=f"{', '.join((TABLE, *FORMATS))} (default: {TABLE})",
    )
    add("--limit", type=whole, metavar="N", help="at most N rows (default: 100 for table, all for other formats)")
    add(
        "--from",
        dest="source",
        metavar="SRC",
        help="a published or exported catalogue: s3://…, https://… or a folder",
    )
    add(
        "--table",
        action="append",
        dest="tables",
        metavar="NAME=FILE",
        help="read a file (CSV, JSON, JSON Lines, Parquet) as one more table; repeatable",
    )
    add("--schema", action="store_true", help="print the columns of images, their types and what they mean")
    return parser
