"""What can be typed behind `amitui publish` and `amitui pull`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from amitui.cli.common_options import command_parser, settings_of
from amitui.cli.numbers import seconds


def publish_call(argv: Sequence[str]) -> Callable[[], int]:
    """The call that the words ask for."""
    parser = command_parser(
        "publish",
        "Publish what is cached, for others to pull: to s3://BUCKET/PREFIX or a folder. Sends only what changed,\n"
        "and the list of it last, so that readers see all or nothing. Publishes public images; those that your\n"
        "account alone sees with --include-mine, under its ID; of several profiles, those of each with its own\n"
        "credentials. Exit codes: 0 published, 2 usage, 3 AWS or credentials, 4 cache or folder.",
        several_profiles=True,
    )
    parser.add("destination", metavar="DEST", help="s3://BUCKET/PREFIX or a folder")
    parser.add("--include-mine", action="store_true", help="also what this account alone sees")
    parser.add(
        "--grace",
        type=seconds,
        default=None,
        metavar="S",
        help="seconds to keep what was replaced, for those who are reading it (default: 86400)",
    )
    options = parser.parse(argv)
    settings = settings_of(options)

    def call() -> int:
        from amitui.cli.publish import publish

        return publish(settings, options.destination, include_mine=options.include_mine, grace_s=options.grace)

    return call


def pull_call(argv: Sequence[str]) -> Callable[[], int]:
    """The call that the words ask for."""
    parser = command_parser(
        "pull",
        "Pull a published catalogue: from s3://BUCKET/PREFIX, https://HOST/PATH or a folder. Fetches only what\n"
        "changed and checks all of it. What is not published, or is too old there, is fetched from EC2 where\n"
        "--region or --scope asks for it. Exit codes: 0 pulled, 2 usage, 3 AWS or credentials, 4 cache, or what\n"
        "is published was refused.",
        several_profiles=True,
    )
    parser.add("source", metavar="SRC", help="s3://BUCKET/PREFIX, https://HOST/PATH or a folder")
    parser.add("--no-crawl", action="store_true", help="leave out what is not published or too old there")
    options = parser.parse(argv)
    settings = settings_of(options)

    def call() -> int:
        from amitui.cli.pull import pull

        chosen = bool(options.regions or options.scopes)
        return pull(settings, options.source, chosen=chosen, crawl=not options.no_crawl)

    return call
