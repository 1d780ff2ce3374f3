"""What can be typed behind `amitui export`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from amitui.cli.common_options import command_parser, settings_of


def export_call(argv: Sequence[str]) -> Callable[[], int]:
    """The call that the words ask for."""
    parser = command_parser(
        "export",
        "Export what is cached as Parquet files for DuckDB, Athena, Spark or Trino, to a folder or to\n"
        "s3://BUCKET/PREFIX: region=R/scope=S/images.parquet, with EC2's fields as typed columns and the records\n"
        "as JSON. All of it, or --region and --scope; writes only what changed since the last export. Private\n"
        "images with --include-mine. Never contacts EC2. Lists of what a query finds: amitui find -o csv. Exit\n"
        "codes: 0 exported, 2 usage, 3 AWS or credentials, 4 cache or folder.",
        several_profiles=True,
    )
    parser.add("--parquet", metavar="DEST", help="s3://BUCKET/PREFIX or a folder")
    parser.add("--include-mine", action="store_true", help="also what the account alone sees")
    options = parser.parse(argv)
    settings = settings_of(options)

    def call() -> int:
        from amitui.cli.export import ExportRequest, export

        # Only what is typed chooses: the Regions and scopes of the config are those of the screen.
        regions = settings.regions if options.regions else ()
        scopes = settings.scopes if options.scopes else ()
        return export(settings, ExportRequest(options.parquet, regions, scopes, options.include_mine))

    return call
