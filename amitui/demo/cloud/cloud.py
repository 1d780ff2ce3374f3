"""The simulated EC2: what each account sees of each region's images, and the operations that read them.

State is made from the seed, region by region, when a region is first asked for. Operations take parameters and
give answers in the shapes of EC2's API model; `wire.py` puts them into words, `server.py` on a socket.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from functools import partial
from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.allowed import AllowedImages
from amitui.demo.cloud.archiving import Archiving
from amitui.demo.cloud.attributes import Attributes
from amitui.demo.cloud.autoscaling.model import ScalingStore
from amitui.demo.cloud.autoscaling.scaling import Scaling
from amitui.demo.cloud.clock import DEFAULT_SPEED, Clock, running_from
from amitui.demo.cloud.console import Console
from amitui.demo.cloud.copying import Copying
from amitui.demo.cloud.creating import Creating
from amitui.demo.cloud.filters import image_filter, matcher
from amitui.demo.cloud.findings import Findings
from amitui.demo.cloud.identity import caller_identity
from amitui.demo.cloud.instances import Instances
from amitui.demo.cloud.launching.launching import Launching
from amitui.demo.cloud.lifecycle import Lifecycle
from amitui.demo.cloud.lineage import Lineage
from amitui.demo.cloud.listing import Listing
from amitui.demo.cloud.making import Making
from amitui.demo.cloud.model import CloudError, CloudImage, Params
from amitui.demo.cloud.paging import question, read_token, write_token
from amitui.demo.cloud.power import Power
from amitui.demo.cloud.pricing.pricing import Pricing
from amitui.demo.cloud.recycle_bin import RecycleBin, Retention
from amitui.demo.cloud.registering import Registering
from amitui.demo.cloud.rights import check_region, check_rights
from amitui.demo.cloud.rules import ACCOUNT_ID, Quotas
from amitui.demo.cloud.sharing import Sharing
from amitui.demo.cloud.snapshot_sharing import SnapshotSharing
from amitui.demo.cloud.snapshots import Snapshots
from amitui.demo.cloud.storing import Storing
from amitui.demo.cloud.subscriptions import Subscriptions
from amitui.demo.cloud.systems_manager.images import resolved_image
from amitui.demo.cloud.systems_manager.parameters import Parameters
from amitui.demo.cloud.systems_manager.store import ParameterStore
from amitui.demo.cloud.tagging import Tagging
from amitui.demo.cloud.templates.store import TemplateStore
from amitui.demo.cloud.templates.templates import Templates
from amitui.demo.cloud.usage_reports import UsageReports
from amitui.demo.cloud.world import World, not_found
from amitui.demo.seed.accounts import MAIN_ACCOUNT, REGIONS, Caller
from amitui.demo.seed.fleet.fleet import FleetSeed
from amitui.demo.seed.region import region_images

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from amitui.demo.cloud.world import Seed
    from amitui.demo.seed.fleet.fleet import Fleets

__all__ = ["Cloud", "Params", "caller_identity", "check_region"]

_PAGE_LIMIT: Final = 1000
"""Most images in one page, whatever MaxResults says."""

_ALIASES: Final = frozenset({"amazon", "aws-marketplace", "aws-backup-vault"})
_DEFAULT_RETENTION: Final = {MAIN_ACCOUNT: Retention(image_days=7, snapshot_days=14)}


class Cloud:
    """One simulated cloud.

    Args:
        as_of: epoch seconds; nothing in the catalogue is newer.
        page_delay: seconds that an answer to DescribeImages takes longer than it needs, to look at slow links.
        now: epoch seconds, the time by which everything happens; `None` lets it go on from `as_of`.
        speed: by what the time is divided that EC2's work takes.
        quotas: limits of every account in every region.
        retention: the Recycle Bin's rules of each account that has some.
        seed: gives a region's images by ascending id, from its name and `as_of`.
        fleet: what each account has on them from the beginning; `None` means the usual fleets.
    """

    def __init__(
        self,
        as_of: int,
        page_delay: float = 0.0,
        *,
        now: Callable[[], float] | None = None,
        speed: float = DEFAULT_SPEED,
        quotas: Quotas | None = None,
        retention: Mapping[str, Retention] | None = None,
        seed: Seed = region_images,
        fleet: Fleets | None = None,
    ) -> None:
        self.page_delay = page_delay
        clock = Clock(running_from(as_of) if now is None else now, speed)
        self.world = World(as_of, clock, quotas or Quotas(), seed)
        recycle_bin = RecycleBin(self.world, _DEFAULT_RETENTION if retention is None else retention)
        sharing, making = Sharing(self.world), Making(self.world)
        standing = FleetSeed(self.world, fleet)
        self.templates = TemplateStore(standing.templates)
        self.parameters = ParameterStore(standing.parameters)
        self.instances = Instances(self.world, standing.machines)
        self.power = Power(self.world, self.instances)
        self._allowed = AllowedImages(self.world)
        self.launching = Launching(
            self.world, self.instances, self.templates, self.parameters, self._allowed, Subscriptions()
        )
        snapshots = Snapshots(self.world, making, recycle_bin, self.instances)
        self.scaling = Scaling(
            self.world,
            self.instances,
            self.power,
            ScalingStore(standing.scaling),
            self.templates,
            self.parameters,
        )
        self._services = {
            "autoscaling": self.scaling.operations(),
            "pricing": Pricing().operations(),
            "ssm": Parameters(self.world, self.parameters).operations(),
        }
        self._unlocked: dict[str, Callable[[Caller, Params], Params]] = {
            "DescribeImages": self.describe_images,
            "DescribeRegions": self.describe_regions,
        }
        self._operations: dict[str, Callable[[Caller, Params], Params]] = {
            **self._unlocked,
            **sharing.operations(),
            **Attributes(self.world, sharing).operations(),
            **recycle_bin.operations(),
            **Lifecycle(self.world, recycle_bin).operations(),
            **Copying(self.world, making).operations(),
            **Registering(self.world, making).operations(),
            **snapshots.operations(),
            **SnapshotSharing(self.world).operations(),
            **Archiving(self.world).operations(),
            **self._allowed.operations(),
            **Tagging(self.world, self.instances, self.templates).operations(),
            **Lineage(self.world, self.instances, self.templates, self.parameters).operations(),
            **Findings(self.world).operations(),
            **UsageReports(self.world, self.instances, self.templates).operations(),
            **Storing(self.world, making).operations(),
            **self.power.operations(),
            **Listing(self.instances).operations(),
            **Templates(
                self.world, self.templates, partial(resolved_image, self.world, self.parameters)
            ).operations(),
            **Console(self.world, self.instances, self.power).operations(),
            **Creating(self.world, making, snapshots, self.instances).operations(),
        }

    @property
    def operations(self) -> frozenset[str]:
        """Names of the EC2 operations that are answered here."""
        return frozenset(self._operations)

    def call(self, operation: str, caller: Caller, params: Params) -> Params:
        """The answer to one request.

        Raises:
            CloudError: refused, in EC2's words.
        """
        answer = self._operations[operation]
        check_rights(operation, caller)
        if params.get("DryRun"):
            raise CloudError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
        self.settle()
        if operation in self._unlocked:
            return answer(caller, params)
        with self.world.lock:
            return answer(caller, params)

    def serve(self, service: str, operation: str, caller: Caller, params: Params) -> Params:
        """The answer to one request to another service than EC2.

        Raises:
            CloudError: refused, or not simulated.
        """
        answer = self._services[service].get(operation)
        if answer is None:
            raise CloudError("UnsupportedOperation", f"The demo's cloud does not simulate {service}:{operation}.")
        check_rights(operation, caller, service)
        self.settle()
        with self.world.lock:
            return answer(caller, params)

    def settle(self) -> None:
        """Let everything happen that is due."""
        if self.world.agenda.anything_due:
            with self.world.lock:
                self.world.agenda.settle()

    def images(self, region: str) -> list[CloudImage]:
        """All images of a region, by ascending id; made at the first call."""
        return self.world.region(region).images

    def describe_images(self, caller: Caller, params: Params) -> Params:
        """DescribeImages."""
        if self.page_delay:
            time.sleep(self.page_delay)
        ids = params.get("ImageIds", [])
        if ids and "MaxResults" in params:
            raise CloudError(
                "InvalidParameterCombination",
                "The parameter imageIdsSet cannot be used with the parameter maxResults",
            )
        wanted = _selection(caller, params)
        passes = image_filter(params.get("Filters", ()))
        if ids:
            named = self.world.described(caller, ids)
            excluded = [image.image_id for image in named if not self._allowed.allows(caller, image)]
            if excluded:
                raise not_found(excluded)
            return {"Images": self._records(caller, (i for i in named if wanted(i)), passes)}
        hidden = self._hidden(caller, params)
        images = self.images(caller.region)
        if "MaxResults" not in params and "NextToken" not in params:
            seen = (i for i in images if i.visible_to(caller.account) and not hidden(i) and wanted(i))
            return {"Images": self._records(caller, seen, passes)}
        return self._page(caller, params, images, lambda i: wanted(i) and not hidden(i), passes)

    def _page(
        self,
        caller: Caller,
        params: Params,
        images: list[CloudImage],
        wanted: Callable[[CloudImage], bool],
        passes: Callable[[Params], bool],
    ) -> Params:
        limit = int(params.get("MaxResults", _PAGE_LIMIT))
        if limit < 1:
            raise CloudError("InvalidParameterValue", f"Value ( {limit} ) for parameter maxResults is invalid.")
        limit = min(limit, _PAGE_LIMIT)
        requested = question(caller, params)
        start = bisect_right(images, read_token(params.get("NextToken"), requested), key=lambda i: i.image_id)
        view, page = self._allowed.view(caller), list[Params]()
        last = ""
        for image in images[start:]:
            if not (image.visible_to(caller.account) and wanted(image)):
                continue
            record = view(image)
            if passes(record):
                if len(page) == limit:
                    return {"Images": page, "NextToken": write_token(last, requested)}
                page.append(record)
                last = image.image_id
        return {"Images": page}

    def _records(
        self, caller: Caller, images: Iterable[CloudImage], passes: Callable[[Params], bool]
    ) -> list[Params]:
        return [record for record in map(self._allowed.view(caller), images) if passes(record)]

    def _hidden(self, caller: Caller, params: Params) -> Callable[[CloudImage], bool]:
        """Whether a list leaves an image out: deprecated ones of others, disabled ones of one's own."""
        now, enforced = self.world.stamp(), self._allowed.enforced(caller)
        deprecated_too = bool(params.get("IncludeDeprecated"))
        disabled_too = bool(params.get("IncludeDisabled"))

        def hidden(image: CloudImage) -> bool:
            record = image.record
            if enforced and not self._allowed.allows(caller, image):
                return True
            if not disabled_too and record.get("State") == "disabled":
                return True
            if deprecated_too or image.owner == caller.account:
                return False
            return bool(record.get("DeprecationTime", now) < now)

        return hidden

    def describe_regions(self, _: Caller, params: Params) -> Params:
        """DescribeRegions."""
        unknown = [name for name in params.get("RegionNames", ()) if name not in REGIONS]
        if unknown:
            raise CloudError("InvalidParameterValue", f"Invalid region names: {', '.join(unknown)}")
        listed: list[Params] = []
        for seed in REGIONS.values():
            if not seed.enabled and not params.get("AllRegions"):
                continue
            if params.get("RegionNames") and seed.name not in params["RegionNames"]:
                continue
            endpoint = f"ec2.{seed.name}.amazonaws.com"
            region = {"RegionName": seed.name, "Endpoint": endpoint, "OptInStatus": seed.opt_in}
            if _region_passes(region, params.get("Filters", ())):
                listed.append(region)
        return {"Regions": listed}


def _selection(caller: Caller, params: Params) -> Callable[[CloudImage], bool]:
    """What Owners and ExecutableUsers let through: within each, any of the values; both together, both."""
    owners = [caller.account if owner == "self" else owner for owner in params.get("Owners", ())]
    users = params.get("ExecutableUsers", [])
    for user in (*owners, *users):
        if user not in _ALIASES | {"self", "all"} and not ACCOUNT_ID.fullmatch(user):
            raise CloudError("InvalidUserID.Malformed", f'Invalid user id: "{user}"')
    wanted_owners = frozenset(owners)

    def selected(image: CloudImage) -> bool:
        if wanted_owners and not (
            image.owner in wanted_owners or image.record.get("ImageOwnerAlias") in wanted_owners
        ):
            return False
        return not users or any(_executable_by(image, user, caller) for user in users)

    return selected


def _executable_by(image: CloudImage, user: str, caller: Caller) -> bool:
    if user == "all":
        return image.public
    if user in {"self", caller.account}:
        return image.owner != caller.account and image.is_shared_with(caller.account)
    return user in image.shared_with


def _region_passes(region: Params, filters: Sequence[Params]) -> bool:
    members = {"region-name": "RegionName", "endpoint": "Endpoint", "opt-in-status": "OptInStatus"}
    for given in filters:
        if given.get("Name") not in members:
            raise CloudError("InvalidParameterValue", f"The filter '{given.get('Name')}' is invalid")
        if not matcher(given.get("Values", ()))(region[members[given["Name"]]]):
            return False
    return True
