"""The connection to EC2: one session for all regions, one kept client a region, failures in words.

botocore and aiobotocore are imported when the connection is opened, in a thread: cached rows are shown first.
"""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from amitui.domain.shell import quoted
from amitui.domain.visible import show_invisible
from amitui.ec2.client_options import client_options, usual_settings
from amitui.ec2.errors.translate import explained
from amitui.ec2.guard import check_account, check_read, is_read
from amitui.ec2.others import Others
from amitui.ec2.patience import ATTEMPTS, CONNECT_SECONDS, Patience, end_early
from amitui.ec2.profiles import configured_region
from amitui.ec2.query import dicts, text_of
from amitui.ec2.reads.regions import RegionInfo as RegionInfo
from amitui.errors import AwsError, CredentialsError, NetworkError
from amitui.identity.roles import AwsProfile, aws_profile

if TYPE_CHECKING:
    from amitui.ec2.boto import Session
    from amitui.ec2.call_timer import CallTimer
    from amitui.ec2.mfa import SessionShelf


DEMO_REGION: Final = "us-east-1"
DEMO_ACCESS_KEY: Final = "AKIADEMOMAIN00000000"
FALLBACK_REGION: Final = "us-east-1"
"""Used for global reads (caller identity, list of regions) when no region is given."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AwsTarget:
    """Which AWS is talked to, and as whom."""

    profile: str | None = None
    """`None`: what the environment says, else the default profile."""
    endpoint_url: str | None = None
    """Serves EC2 and STS in place of AWS; `None`: AWS, or what AWS_ENDPOINT_URL and the AWS config say."""
    demo: bool = False
    """Made-up credentials, and nothing read from the machine's AWS settings."""
    demo_access_key: str = DEMO_ACCESS_KEY
    """Which account of the demo's cloud one is."""
    read_only: bool = False
    """Refuse whatever may change something; see `guard.py`."""
    read_only_accounts: frozenset[str] = frozenset()
    """Refuse it if STS says that the credentials are of one of these, and ask STS before it is sent."""
    ec2_endpoint_url: str | None = None
    """The endpoint of EC2, as it was resolved; `None`: AWS's own."""
    is_resolved: bool = False
    """Whether `ec2_endpoint_url` holds; else botocore resolves it."""

    @property
    def command_options(self) -> str:
        """What `aws ec2` commands need to act as this target does: ` --profile x --endpoint-url u`, or nothing."""
        url = self.endpoint_url or self.ec2_endpoint_url
        endpoint = f" --endpoint-url {quoted(show_invisible(url))}" if url else ""
        return f"{self._aws_profile.option}{endpoint}"

    @property
    def command_setup(self) -> str:
        """What has to run before such a command, in front of it: `aws configure set … && `, or nothing."""
        return self._aws_profile.before

    @property
    def _aws_profile(self) -> AwsProfile:
        return aws_profile(self.profile or "", endpoint_url=self.endpoint_url or self.ec2_endpoint_url or "")


@dataclass(frozen=True, slots=True)
class CallerIdentity:
    """Who the credentials are, by STS."""

    account_id: str
    arn: str
    partition: str


class Ec2Connection:
    """One AWS target. Use as `async with`; clients are made on first use and closed at its end."""

    def __init__(
        self,
        target: AwsTarget,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float | None = None,
        attempts: int = ATTEMPTS,
        timer: CallTimer | None = None,
        shelf: Callable[[], SessionShelf] | None = None,
        others: Others = Others(),  # noqa: B008 - a tuple
    ) -> None:
        """Args:
        shelf: gives who is asked for MFA codes; `None`: nobody.
        others: the profiles that are used together with this one.
        """
        self.target = target
        self.calls: Counter[tuple[str, str]] = Counter()
        """Calls made so far by (region, operation); the retries of a call count as one."""
        self.refused = False
        """Whether AWS has refused the credentials: botocore keeps what it read of them, only a new connection
        sees a login made meanwhile."""
        self.account: str | None = None
        """The account of the credentials, once STS has said it."""
        self.identity: CallerIdentity | None = None
        """The same with what else STS said."""
        self._patience = Patience(connect_seconds, read_seconds, attempts)
        self._timer = timer
        self._shelf = shelf
        self._others = others
        self._session: Session | None = None
        self._stack = AsyncExitStack()
        self._clients: dict[tuple[str, str, bool], Any] = {}
        # Making a client resolves credentials, which must happen once, not once a region.
        self._making = asyncio.Lock()
        self._settling = asyncio.Lock()
        self._closed = self._frozen = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every client; calls under way and later ones fail."""
        self._closed = True
        self._clients.clear()
        await self._stack.aclose()
        if self._frozen:
            gc.unfreeze()

    def default_region(self) -> str | None:
        """The region that the environment or the profile names; read from the files, without botocore."""
        return DEMO_REGION if self.target.demo else configured_region(self.target.profile)

    async def warm(self) -> None:
        """Import the libraries and read EC2's model now, in a thread, so that the first call need not."""
        async with self._making:
            await self._opened()

    async def client(self, region: str, service: str = "ec2", *, once: bool = False) -> Any:
        """The aiobotocore client of a region.

        Args:
            service: as botocore names it.
            once: one that sends nothing twice.

        Raises:
            AwsError: no credentials, or no such region.
        """
        key = (service, region, once)
        if key not in self._clients:
            async with self._making:
                if key not in self._clients:
                    with explained(profile=self.target.profile, region=region, action="open a connection"):
                        session = await self._opened()
                        options = self._options(service, once=once)
                        context = session.create_client(service, region_name=region, **options)
                        client = await self._stack.enter_async_context(context)
                        if self._closed:
                            # Closed while the client was being made, which can take a login's time.
                            await self._stack.aclose()
                            await self._opened()
                        self._clients[key] = client
                        self._spare_the_collector()
        return self._clients[key]

    async def call(
        self, region: str, operation: str, action: str, *, once: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        """Call one EC2 operation.

        Args:
            region: where.
            operation: the client's method, as in `describe_images`.
            action: what it does in words, for errors: "list the images".
            once: send it once at most, whatever happens: what is not idempotent must not be repeated blindly.
            parameters: as EC2 names them.

        Raises:
            AwsError: in words.
            ReadOnlyError: it may change something, and this connection must not.
        """
        return await self.service_call("ec2", region, operation, action, once=once, **parameters)

    async def service_call(
        self, service: str, region: str, operation: str, action: str, *, once: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        """Call one operation of another service, as `call` does of EC2.

        Args:
            service: as botocore names it: `autoscaling`, `ssm`.
        """
        client = await self.client(region, service, once=once)
        if not is_read(service, client.meta.method_to_api_mapping[operation]) and self._others.read_only(
            self.target
        ):
            await self._settle_account(region)
        return await self._explained(getattr(client, operation)(**parameters), region, action)

    async def caller_identity(self, region: str | None = None) -> CallerIdentity:
        """The identity of the credentials; calls STS each time.

        Raises:
            AwsError: in words.
        """
        region = region or self.default_region() or FALLBACK_REGION
        try:
            return await self._caller_identity(region)
        except CredentialsError:
            self.refused = True
            raise

    async def _caller_identity(self, region: str) -> CallerIdentity:
        with explained(profile=self.target.profile, region=region, action="verify the credentials"):
            async with self._making:
                session = await self._opened()
                context = session.create_client("sts", region_name=region, **self._options("sts"))
                sts = await context.__aenter__()
            try:
                answer = await sts.get_caller_identity()
            finally:
                await context.__aexit__(None, None, None)
        arn, account_id = text_of(answer, "Arn"), text_of(answer, "Account")
        if not account_id:
            # Whose private images may be shown hangs on it.
            raise AwsError("AWS did not identify the credentials", why="the STS response contains no account")
        parts = arn.split(":")
        self.account = account_id
        self.identity = CallerIdentity(
            account_id=account_id,
            arn=arn,
            partition=parts[1] if len(parts) > 2 and parts[1] else "aws",
        )
        return self.identity

    async def credentials_expire_at(self) -> float | None:
        """When the credentials in use end, in seconds since the epoch; `None`: they do not, or do not say.

        Raises:
            AwsError: in words.
        """
        with explained(profile=self.target.profile, region="", action="read the credentials"):
            async with self._making:
                session = await self._opened()
                found = await session.get_credentials()
        # Of botocore's RefreshableCredentials alone, which has no public name for it.
        ends = getattr(found, "_expiry_time", None)
        return None if ends is None else float(ends.timestamp())

    async def _settle_account(self, region: str) -> None:
        async with self._settling:
            if self.account is None:
                await self.caller_identity(region)

    async def regions(self, region: str | None = None) -> list[RegionInfo]:
        """Every region of the partition, by name, disabled ones too.

        Raises:
            AwsError: in words.
        """
        region = region or self.default_region() or FALLBACK_REGION
        answer = await self.call(region, "describe_regions", "list the Regions", AllRegions=True)
        found = [
            RegionInfo(name, text_of(entry, "OptInStatus"))
            for entry in dicts(answer.get("Regions"))
            if (name := text_of(entry, "RegionName"))
        ]
        return sorted(found, key=lambda info: info.name)

    def _spare_the_collector(self) -> None:
        # EC2's model is some 10^5 objects that stay. Unless set aside they are looked through again and again
        # while pages arrive: each time 50 ms in which nothing is drawn, in all half the work of a crawl.
        if not self._frozen:
            gc.freeze()
            self._frozen = True

    async def _explained(self, call: Awaitable[T], region: str, action: str) -> T:
        try:
            with explained(profile=self.target.profile, region=region, action=action):
                return await call
        except CredentialsError as error:
            # `AuthFailure` may be about one region that the account has not enabled, or one foreign image.
            self.refused = self.refused or error.code != "AuthFailure"
            raise

    async def _opened(self) -> Session:
        """The session; an error once the connection is closed."""
        if self._closed:
            raise NetworkError("the connection was closed", code="Closed")
        if self._session is None:
            self._session = await asyncio.to_thread(self._open)
        return self._session

    def _open(self) -> Session:
        from amitui.ec2.boto import AioConfig, session_of

        shelf = self._shelf() if self._shelf is not None else None
        session = session_of(self.target, shelf, self._others.are_several)
        # Also of the clients that botocore itself makes, to get credentials.
        session.set_default_client_config(
            AioConfig(**usual_settings(self._patience, shares_connections=self._others.are_several()))
        )
        session.get_component("event_emitter").register_first("needs-retry.*", end_early)
        session.register("before-call", self._count)
        session.register("before-call", self._limit)
        if self._timer is not None:
            self._timer.watch(session)
        session.register("provide-client-params", self._guard)
        session.warm()
        return session

    def _options(self, service: str, *, once: bool = False) -> dict[str, Any]:
        return client_options(self.target, service, once=once)

    def _guard(self, model: Any, **_rest: Any) -> None:
        service, operation = str(model.service_model.service_name), str(model.name)
        if self.target.read_only:
            check_read(service, operation)
        elif not is_read(service, operation) and (accounts := self._others.read_only(self.target)):
            check_account(operation, self.account, accounts)

    def _limit(self, model: Any, context: dict[str, Any], **_rest: Any) -> None:
        context["read_timeout"] = self._patience.read_seconds_of(str(model.name))

    def _count(self, model: Any, context: dict[str, Any], **_rest: Any) -> None:
        self.calls[(str(context.get("client_region") or ""), str(model.name))] += 1
