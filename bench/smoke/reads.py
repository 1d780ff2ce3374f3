"""The read-only checks: each makes a few calls through amitui's own readers and compares what comes back."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple

from amitui.domain.catalogue.whereabouts import Fate
from amitui.domain.image.family_request import family_request
from amitui.domain.image.image import RawRecord
from amitui.domain.image.trust import Trust
from amitui.domain.launch.inventory import ON_DEMAND
from amitui.domain.region import partition_of
from amitui.ec2.convert import image_of, is_record
from amitui.ec2.reads.families import family_builds
from amitui.ec2.reads.images import ImagesRequest, image_page, images_by_id
from amitui.ec2.reads.instance_types import instance_types, offered_zones
from amitui.ec2.reads.launch_inventory import quota
from amitui.ec2.reads.parameters import public_parameters
from amitui.ec2.reads.permissions import launch_permissions
from amitui.ec2.reads.prices import HOMES, Unknown, on_demand_price
from amitui.ec2.reads.recycle_bin import recycle_bin
from amitui.ec2.reads.whereabouts import ask_for_ids
from amitui.errors import AwsError
from bench.smoke.report import Found
from bench.smoke.watching import WatchedConnection

UNKNOWN_IMAGE: Final = "ami-0a1b2c3d4e5f60718"
"""An id of the right form that nobody has, as far as is known."""
MALFORMED_IMAGE: Final = "ami-123"
PAGE: Final = 50
"""Images of one page of the check of pages."""
CANONICAL: Final = "099720109477"
UBUNTU: Final = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20250101"
"""A name of the family that is asked for; the date floats."""
PARAMETERS: Final = (
    "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
    "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
)
TYPE: Final = "t3.micro"
_FEWEST_TYPES: Final = 100
_OPT_IN: Final = frozenset({"opt-in-not-required", "opted-in", "not-opted-in"})
_IMAGE_ID: Final = re.compile(r"ami-[0-9a-f]{8}(?:[0-9a-f]{9})?")
_ACCOUNT: Final = re.compile(r"[0-9]{12}")


class Skipped(Exception):
    """A check that cannot be made here, and why."""


class Reader:
    """What the checks share.

    Args:
        folder: where instance types are kept meanwhile.
        now: seconds since the epoch.
    """

    def __init__(self, connection: WatchedConnection, region: str, *, folder: str, now: float) -> None:
        self.connection, self.region, self.folder, self.now = connection, region, folder, now
        self.account = ""
        self.own: list[RawRecord] = []
        """Own images that were read."""


class Check(NamedTuple):
    """One comparison."""

    title: str
    calls: Sequence[tuple[str, str, int]]
    """(service, operation, how often at most), by botocore's and the API's names."""
    matters: str
    """Where in amitui a difference would show."""
    run: Callable[[Reader], Awaitable[Found]]

    @property
    def most_calls(self) -> int:
        """How many calls it makes at most."""
        return sum(count for _, _, count in self.calls)


async def _identity(reader: Reader) -> Found:
    found = await reader.connection.caller_identity(reader.region)
    reader.account = found.account_id
    differences = []
    if not _ACCOUNT.fullmatch(found.account_id):
        differences.append("the account is not twelve digits")
    if f":{found.account_id}:" not in found.arn:
        differences.append("the ARN does not name the account")
    if found.partition != partition_of(reader.region):
        differences.append(f"the ARN's partition is {found.partition}, the Region's {partition_of(reader.region)}")
    return Found(f"an account of partition {found.partition}", tuple(differences))


async def _regions(reader: Reader) -> Found:
    listed = await reader.connection.regions(reader.region)
    enabled = {one.name for one in listed if one.enabled}
    differences = [f"OptInStatus {one.opt_in_status}" for one in listed if one.opt_in_status not in _OPT_IN]
    if reader.region not in enabled:
        differences.append(f"{reader.region} answers, and is not among the enabled Regions")
    return Found(f"{len(listed)} Regions, {len(enabled)} enabled", tuple(differences))


async def _own_images(reader: Reader) -> Found:
    request = ImagesRequest(owners=("self",), include_disabled=True)
    page = await image_page(reader.connection, reader.region, request)
    reader.own = [record for record in page.records if is_record(record)]
    differences = record_differences(page.records, reader.region)
    if any(record.get("OwnerId") != reader.account for record in reader.own):
        differences.append("Owners=self gives images of other accounts")
    more = ", and more pages" if page.next_token else ""
    return Found(f"{len(page.records)} own images{more}", tuple(differences))


async def _family(reader: Reader) -> Found:
    request = family_request(UBUNTU, CANONICAL, Trust.PUBLISHER, "x86_64", reader.region)
    if CANONICAL not in request.owners:
        raise Skipped("Canonical's account in this partition is another one")
    found = await family_builds(reader.connection, reader.region, request)
    differences = [] if found.summaries else [f"no build matches {request.patterns[0]}"]
    owners = {one.owner_id for one in found.summaries}
    if owners - {*request.owners}:
        differences.append(f"Owners gives images of {len(owners - {*request.owners})} other accounts")
    if any(one.architecture != "x86_64" for one in found.summaries):
        differences.append("the filter architecture lets others through")
    if any(one.created is None for one in found.summaries):
        differences.append("builds without a creation date that can be read")
    whole = "" if found.is_whole else " and more"
    return Found(f"{len(found.summaries)}{whole} builds of Ubuntu 24.04 by Canonical", tuple(differences))


async def _pages(reader: Reader) -> Found:
    request = ImagesRequest(
        owners=("amazon",), filters=(("is-public", ("true",)), ("architecture", ("arm64",))), page_size=PAGE
    )
    first = await image_page(reader.connection, reader.region, request)
    differences = record_differences(first.records, reader.region)
    pages = [first]
    if first.next_token:
        pages.append(await image_page(reader.connection, reader.region, request, first.next_token))
    else:
        differences.append(f"no second page after {len(first.records)} of Amazon's images")
    ids = [record.get("ImageId") for page in pages for record in page.records]
    if any(len(page.records) > PAGE for page in pages):
        differences.append(f"a page has more than MaxResults={PAGE} images")
    if len({*ids}) != len(ids):
        differences.append("an image is on both pages")
    wrong = [r for page in pages for r in page.records if r.get("Architecture") != "arm64" or not r.get("Public")]
    if wrong:
        differences.append(f"{len(wrong)} images that the filters exclude")
    if any(record.get("ImageOwnerAlias") != "amazon" for page in pages for record in page.records):
        differences.append("Owners=amazon gives images without that alias")
    return Found(f"pages of {' and '.join(str(len(page.records)) for page in pages)} images", tuple(differences))


async def _one_image(reader: Reader) -> Found:
    """Public parameters, and the images that they name."""
    found = await public_parameters(reader.connection, reader.region, PARAMETERS)
    differences = [f"there is no {path}" for path in PARAMETERS if path not in found]
    ids = [one.image_id for one in found.values()]
    differences += [
        f"the value of {one.path} is no image id" for one in found.values() if not _is_id(one.image_id)
    ]
    named = [one for one in ids if _is_id(one)]
    described = await images_by_id(reader.connection, reader.region, named) if named else None
    if described is not None:
        differences += record_differences(described.records, reader.region)
        if described.gone:
            differences.append(f"{len(described.gone)} images of public parameters are not described")
        if any(not record.get("Public") for record in described.records):
            differences.append("a public parameter names an image that is not public")
    return Found(f"{len(found)} parameters and their images", tuple(differences))


async def _unknown_ids(reader: Reader) -> Found:
    differences = []
    (answer,) = await ask_for_ids(reader.connection, [UNKNOWN_IMAGE], [reader.region])
    if answer.fate is not Fate.NOT_THERE:
        differences.append(f"an unknown id is answered with: {answer.fate.name} {answer.words}")
    for image_ids, wanted, named in (
        ([UNKNOWN_IMAGE], "InvalidAMIID.NotFound", UNKNOWN_IMAGE),
        ([MALFORMED_IMAGE], "InvalidAMIID.Malformed", MALFORMED_IMAGE),
    ):
        differences += await _refusal(reader, wanted, named, ImageIds=image_ids)
    differences += await _refusal(
        reader, "InvalidParameterValue", "", Filters=[{"Name": "no-such", "Values": ["x"]}]
    )
    return Found("codes and words of refusals", tuple(differences))


async def _dry_run(reader: Reader) -> Found:
    return Found("what a dry run answers", tuple(await _refusal(reader, "DryRunOperation", "", DryRun=True)))


async def _refusal(reader: Reader, wanted: str, named: str, **parameters: Any) -> list[str]:
    """The differences of a request that EC2 refuses.

    Args:
        wanted: the code that is expected.
        named: what its message has to name.
    """
    try:
        await reader.connection.call(reader.region, "describe_images", "read the images", **parameters)
    except AwsError as error:
        words = str(error.__cause__ or error.why)
        if error.code in {"UnauthorizedOperation", "ExpiredToken", "RequestExpired"}:
            raise
        if error.code != wanted:
            return [f"{error.code} in place of {wanted}: {words[:200]}"]
        return [] if named in words else [f"{wanted} does not name {named}: {words[:200]}"]
    return [f"no refusal where {wanted} is expected"]


async def _quota(reader: Reader) -> Found:
    found = await quota(reader.connection, reader.region, TYPE, ON_DEMAND, {TYPE: 2})
    if found is None:
        return Found("no quota", (f"Service Quotas knows no limit for {TYPE}",))
    return Found("a vCPU limit and what is used of it", () if found.limit > 0 else ("the limit is none",))


async def _types(reader: Reader) -> Found:
    found = await instance_types(reader.connection, reader.region, folder=reader.folder, now=reader.now)
    differences = [] if len(found) >= _FEWEST_TYPES else [f"only {len(found)} types"]
    if any(not one.vcpus or not one.memory_mib for one in found):
        differences.append("types without vCPUs or memory")
    if any(not one.architectures for one in found):
        differences.append("types without an architecture")
    zones = await offered_zones(reader.connection, reader.region, TYPE)
    if found and TYPE in {one.name for one in found} and not any(zones.values()):
        differences.append(f"no zone offers {TYPE}")
    return Found(f"{len(found)} types, {len(zones)} zones", tuple(differences))


async def _permissions(reader: Reader) -> Found:
    image = next((one for one in reader.own if one.get("State") == "available"), None)
    if image is None:
        raise Skipped("the account has no image here")
    found = await launch_permissions(reader.connection, reader.region, str(image["ImageId"]))
    differences = []
    if found.public != bool(image.get("Public")):
        differences.append("Public of the image and its launch permissions do not agree")
    differences += [
        "an account that is not twelve digits" for one in found.account_ids if not _ACCOUNT.fullmatch(one)
    ]
    return Found(f"{len(found.grantees)} grantees of an own image", tuple(differences))


async def _bin(reader: Reader) -> Found:
    found = await recycle_bin(reader.connection, reader.region)
    dates = [one.leaves for one in found.images] + [one.leaves for one in found.snapshots]
    differences = ["entries without a date of leaving"] if None in dates else []
    return Found(f"{len(found.images)} images and {len(found.snapshots)} snapshots", tuple(differences))


async def _price(reader: Reader) -> Found:
    if partition_of(reader.region) not in HOMES:
        raise Skipped("AWS gives no prices for this partition")
    found = await on_demand_price(reader.connection, reader.region, TYPE, "Linux/UNIX")
    if isinstance(found, Unknown):
        return Found("no price", (found.words,))
    return Found(f"{TYPE} costs {found.amount} {found.currency} an hour")


def record_differences(records: Sequence[RawRecord], region: str) -> list[str]:
    """What is not as amitui's reader of records expects it."""
    differences = []
    wrong = [record for record in records if not is_record(record)]
    if wrong:
        differences.append(f"{len(wrong)} records without an ImageId")
    images = [image_of(record, region) for record in records if is_record(record)]
    lacking = {
        "a date of creation": [one for one in images if one.summary.created is None and one.block_devices],
        "an owner of twelve digits": [one for one in images if not _ACCOUNT.fullmatch(one.summary.owner_id)],
        "a state": [one for one in images if not one.summary.state],
        "an id of eight or seventeen digits": [one for one in images if not _is_id(one.summary.image_id)],
        "platform details": [one for one in images if "PlatformDetails" not in one.record],
    }
    differences += [
        f"{len(found)} of {len(images)} images without {what}" for what, found in lacking.items() if found
    ]
    return differences


def _is_id(text: str) -> bool:
    return _IMAGE_ID.fullmatch(text) is not None


_IMAGES: Final = "DescribeImages"
CHECKS: Final[Sequence[Check]] = (
    Check(
        "identity",
        (("sts", "GetCallerIdentity", 1),),
        "whose private images are shown, and the journal",
        _identity,
    ),
    Check("Regions", (("ec2", "DescribeRegions", 1),), "the picker of Regions, --all-regions", _regions),
    Check("own images", (("ec2", _IMAGES, 1),), "the scope Mine", _own_images),
    Check("a public family by owner", (("ec2", _IMAGES, 5),), "find, the families, the newest build", _family),
    Check(
        "two pages of public images", (("ec2", _IMAGES, 2),), "sync: what is fetched, and in what parts", _pages
    ),
    Check(
        "public parameters and their images",
        (("ssm", "GetParameters", 1), ("ec2", _IMAGES, 4)),
        "amitui ssm, exports with resolve:ssm",
        _one_image,
    ),
    Check("refusals", (("ec2", _IMAGES, 4),), "an image id that is not in this Region", _unknown_ids),
    Check("a dry run", (("ec2", _IMAGES, 1),), "the check of permissions before each change", _dry_run),
    Check("launch permissions", (("ec2", "DescribeImageAttribute", 1),), "the details, and sharing", _permissions),
    Check(
        "the Recycle Bin",
        (("ec2", "ListImagesInRecycleBin", 1), ("ec2", "ListSnapshotsInRecycleBin", 1)),
        "restoring what was deregistered",
        _bin,
    ),
    Check(
        "instance types",
        (
            ("ec2", "DescribeInstanceTypes", 30),
            ("ec2", "DescribeInstanceTypeOfferings", 1),
            ("ec2", "DescribeAvailabilityZones", 1),
        ),
        "the launch form",
        _types,
    ),
    Check(
        "quotas",
        (
            ("service-quotas", "GetServiceQuota", 1),
            ("service-quotas", "GetAWSDefaultServiceQuota", 1),
            ("ec2", "DescribeInstances", 10),
        ),
        "the launch form",
        _quota,
    ),
    Check(
        "prices", (("pricing", "GetProducts", 2),), "prices in the launch form and the costs of an audit", _price
    ),
)
"""In the order in which they are made: later ones use what earlier ones found."""
