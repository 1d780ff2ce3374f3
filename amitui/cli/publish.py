"""`amitui publish`: what is cached becomes what others pull."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from amitui.catalog.sharing.plan import GRACE_S
from amitui.cli.demo_session import session_settings
from amitui.cli.ending import run
from amitui.cli.guard import print_error
from amitui.cli.members import say_what_is_wrong
from amitui.cli.messages import say
from amitui.domain.counts import count_of
from amitui.errors import CredentialsError
from amitui.services.composition import Services
from amitui.services.sharing import check_publishable
from amitui.services.sharing import publish as publish_to

if TYPE_CHECKING:
    from amitui.catalog.sharing.publish import Publication
    from amitui.errors import AmituiError
    from amitui.settings import Settings


def publish(settings: Settings, destination: str, *, include_mine: bool, grace_s: float | None) -> int:
    """Publish the cached segments, and say what was sent."""

    async def work(active: Settings) -> int:
        services = Services(active)
        services.members.recall()
        try:
            return await publish_all(services, destination, include_mine=include_mine, grace_s=grace_s)
        finally:
            await services.close()

    check_publishable(settings)
    with session_settings(settings) as active:
        return run(work(active))


async def publish_all(
    services: Services, destination: str, *, include_mine: bool, grace_s: float | None = None
) -> int:
    """Publish what is cached now, and say what was sent.

    With several profiles, what each account sees is published with its own credentials.

    Returns:
        The exit code of the first account whose images could not be published; 0: all were.

    Raises:
        AmituiError: what stopped it.
    """
    members, codes = services.members, list[int]()

    def failed(account: str, error: AmituiError) -> None:
        codes.append(error.exit_code)
        print_error(error, f"not published: images of account {account}")

    private = await _accounts(services) if include_mine else []
    try:
        done = await publish_to(
            services.session,
            members,
            destination,
            private=private,
            grace_s=GRACE_S if grace_s is None else int(grace_s),
            now=services.now,
            report=lambda _left: None,
            failed=failed if members.several else None,
        )
    except asyncio.CancelledError:
        say("publishing was stopped: readers see what was published before; the next amitui publish goes on there")
        raise
    for one in done:
        say(f"{_words(one)}")
    code = say_what_is_wrong(members) if include_mine else 0
    return next(iter(codes), 0) or code


async def _accounts(services: Services) -> list[str]:
    """The accounts whose private images are published: of all profiles that can be used, as STS names them."""
    session, members = services.session, services.members
    if not (session.account_confirmed and members.are_known):
        await members.identify()
    if not members.crawled:
        raise CredentialsError("it is not known whose images Mine are", remedy="aws sts get-caller-identity")
    return list(members.crawled)


def _words(done: Publication) -> str:
    what = "public images" if done.visibility == "public" else f"images of account {done.visibility}"
    parts = [
        f"{count_of(done.sent, 'object')} sent ({done.sent_bytes / 1e6:.1f} MB)",
        f"{done.kept:,} there already",
    ]
    if done.deleted:
        parts.append(f"{done.deleted:,} deleted")
    return f"published {what}, {count_of(done.shards, 'part')}: {', '.join(parts)}"
