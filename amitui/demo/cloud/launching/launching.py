"""RunInstances: everything that EC2 looks at before it launches, in one order, and the request that moto gets.

The order: the request itself, its template, the image, the type on which it is to run, the network, access, the
volumes, and last what runs already. EC2 does not document its own; what breaks two rules is refused by either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.demo.cloud.launching import access, market, network, storage, types
from amitui.demo.cloud.launching.account import AccountState, type_record
from amitui.demo.cloud.launching.images import launchable
from amitui.demo.cloud.launching.rules import refusal
from amitui.demo.cloud.launching.templates import effective
from amitui.demo.cloud.launching.unsimulated import check_simulated
from amitui.demo.cloud.systems_manager.images import resolved_image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.demo.cloud.allowed import AllowedImages
    from amitui.demo.cloud.instances import Instances
    from amitui.demo.cloud.model import CloudImage, Params
    from amitui.demo.cloud.subscriptions import Subscriptions
    from amitui.demo.cloud.systems_manager.store import ParameterStore
    from amitui.demo.cloud.templates.store import TemplateStore
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

DEFAULT_TYPE: Final = "m1.small"
"""RunInstances' own default."""
_IMDS: Final = "v2.0"


class Launch(NamedTuple):
    """A launch that EC2 accepts."""

    params: Params
    """What moto is to launch, with all that it would not look up itself."""
    image: CloudImage
    volumes: list[Params]
    """BlockDeviceMappings of what is launched."""
    tags: dict[str, str]
    """What EC2 itself puts on the instances."""


class Launching:
    """The launches of every account."""

    def __init__(
        self,
        world: World,
        instances: Instances,
        templates: TemplateStore,
        parameters: ParameterStore,
        allowed: AllowedImages,
        subscriptions: Subscriptions,
    ) -> None:
        self._world = world
        self._instances = instances
        self._templates = templates
        self._parameters = parameters
        self._allowed = allowed
        self._subscriptions = subscriptions

    def checked(self, caller: Caller, params: Params, *, dry_run: bool) -> Launch:
        """What a request launches.

        Args:
            dry_run: look at the request, but neither at the market nor at what runs already.

        Raises:
            CloudError: EC2 refuses it.
        """
        self._instances.load(caller)
        account = AccountState(caller)
        counted = market.counts(params)
        asked, tags = effective(params, caller, self._templates)
        if not asked.get("ImageId"):
            raise refusal("image-missing")
        image_id = resolved_image(self._world, self._parameters, caller, str(asked["ImageId"]))
        image = launchable(self._world, caller, image_id, self._allowed, self._subscriptions)
        record = types.known_type(str(asked.get("InstanceType", DEFAULT_TYPE)))
        name = str(record["InstanceType"])
        types.check_image_on_type(image.record, record)
        check_simulated(asked)
        access.check_options(asked, image.record)
        asked = {**asked, "TagSpecifications": access.tags(asked)}
        wanted = network.wanted_network(asked)
        zone = types.zone_for(caller.region, name, network.named_zone(wanted, account))
        subnet = network.fitting_subnet(wanted, zone, account)
        access.check_access(asked, account)
        if asked.get("UserData"):
            asked = {**asked, "UserData": access.user_data(str(asked["UserData"]))}
        volumes = storage.launch_volumes(self._world, caller, image, asked.get("BlockDeviceMappings") or ())
        count = counted[0]
        if not dry_run:
            chosen = market.market_of(asked, record)
            count = market.as_many_as_fit(counted, record, chosen, account, subnet, self._world.quotas)
        prepared = _for_moto(asked, image, name, count, volumes)
        if not wanted.subnet_id and zone != caller.region + "a":
            # moto puts what names no zone into the first one, whether it has the type or not.
            prepared["Placement"] = {**(asked.get("Placement") or {}), "AvailabilityZone": zone}
        return Launch(prepared, image, volumes, tags)

    def check_start(self, caller: Caller, instance_ids: Sequence[str]) -> None:
        """Refuse to start instances for which a quota leaves no room.

        Raises:
            CloudError: VcpuLimitExceeded.
        """
        self._instances.load(caller)
        account = AccountState(caller)
        known = (account.instance(one) for one in instance_ids)
        stopped = (str(one.instance_type) for one in known if one is not None and one.state == "stopped")
        records = [record for record in map(type_record, stopped) if record is not None]
        market.check_start(records, account, self._world.quotas)


def _for_moto(asked: Params, image: CloudImage, name: str, count: int, volumes: list[Params]) -> Params:
    prepared = {**asked, "ImageId": image.image_id, "InstanceType": name, "MinCount": count, "MaxCount": count}
    prepared["BlockDeviceMappings"] = [_plain_volume(one) for one in volumes]
    metadata = dict(asked.get("MetadataOptions") or {})
    if image.record.get("ImdsSupport") == _IMDS:
        # The image's demand is a default: what the launch itself says is stronger.
        metadata = {"HttpTokens": "required", "HttpPutResponseHopLimit": 2} | metadata
    if metadata:
        prepared["MetadataOptions"] = metadata
    return prepared


def _plain_volume(mapping: Params) -> Params:
    """A volume as moto can make it: it knows no snapshot of the demo's, and loses the Iops of a launch."""
    kept = ("VolumeSize", "Encrypted", "KmsKeyId", "DeleteOnTermination")
    ebs = {name: mapping["Ebs"][name] for name in kept if name in mapping["Ebs"]}
    return {"DeviceName": mapping["DeviceName"], "Ebs": {**ebs, "VolumeType": "gp3"}}
