"""`amitui publish`: what is cached becomes what others pull."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from amitui.catalog.sharing.plan import GRACE_S
from amitui.cli.messages import say
from amitui.domain.counts import count_of
from amitui.errors import CredentialsError
from amitui.services.composition import Services
from amitui.services.sharing import publish as publish_to

if TYPE_CHECKING:
    from amitui.catalog.sharing.publish import Publication
    from amitui.settings import Settings


def publish(settings: Settings, destination: str, *, include_mine: bool, grace_s: float | None) -> int:
    """Publish the cached segments, and say what was sent."""

    async def work() -> None:
        services = Services(settings)
        try:
            await publish_all(services, destination, include_mine=include_mine, grace_s=grace_s)
        finally:
            await services.close()

    asyncio.run(work())
    return 0


async def publish_all(
    services: Services, destination: str, *, include_mine: bool, grace_s: float | None = None
) -> None:
    """Publish what is cached now, and say what was sent.

    Raises:
        AmituiError: what stopped it.
    """
    account = services.session.account if services.session.account_confirmed else None
    if include_mine and account is None:
        account = (await services.session.identify()).account_id
    if include_mine and account is None:
        raise CredentialsError("it is not known whose images Mine are", remedy="aws sts get-caller-identity")
    done = await publish_to(
        services.session,
        destination,
        private=[account] if include_mine and account else [],
        grace_s=GRACE_S if grace_s is None else int(grace_s),
        now=services.now,
        report=lambda _left: None,
    )
    for one in done:
        say(f"{_words(one)}")


def _words(done: Publication) -> str:
    what = "public images" if done.visibility == "public" else f"images of account {done.visibility}"
    parts = [
        f"{count_of(done.sent, 'object')} sent ({done.sent_bytes / 1e6:.1f} MB)",
        f"{done.kept:,} there already",
    ]
    if done.deleted:
        parts.append(f"{done.deleted:,} deleted")
    return f"published {what}, {count_of(done.shards, 'part')}: {', '.join(parts)}"
