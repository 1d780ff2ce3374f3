"""What an audit costs: `python -m bench.audit --images 500 --groups 40 --instances 2000`.

AWS is simulated within the process, with pages as large as AWS gives them and a wait before each answer, so that
the figures say what amitui adds to it: how many calls of which kind, when the rows are there, what a key costs.
`--endpoint-url` reads another AWS instead, such as that of `amitui demo`.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from statistics import median
from typing import Any, Final

from amitui.configuration.load import load_settings
from amitui.ec2.session import AwsTarget, Ec2Connection
from amitui.presentation.audit_chart import age_chart, age_counts
from amitui.presentation.audit_rows import columns, row_runs
from amitui.presentation.glyphs import UNICODE
from amitui.services.composition import Services
from amitui.services.fleet_audit import FleetAudit
from amitui.ui.screens.audit_state import AuditState

REGION: Final = "eu-central-1"
ACCOUNT: Final = "123456789012"
DAY: Final = 86_400
NOW: Final = 1_795_219_200
BUILDS: Final = 10
"""Of each family."""
SCREEN: Final = 40
"""Rows in sight."""


def image_id(number: int) -> str:
    """The id of an image; each family has `BUILDS` of them in a row."""
    return f"ami-{number:017x}"


class SimulatedAws(Ec2Connection):
    """Answers as AWS does, after a while.

    Args:
        images: own ones, in families of `BUILDS`.
        latency_s: before each answer.
    """

    def __init__(self, images: int, groups: int, instances: int, latency_s: float) -> None:
        super().__init__(AwsTarget())
        self.account = ACCOUNT
        self.made: Counter[str] = Counter()
        """Calls by operation."""
        self._latency_s = latency_s
        self._images = [self._image(number) for number in range(images)]
        self._by_id = {str(image["ImageId"]): image for image in self._images}
        versions = [self._version(number, images) for number in range(groups)]
        self._lists: Mapping[str, tuple[str, int, Sequence[dict[str, Any]]]] = {
            "describe_instances": ("Reservations", 1000, [self._instance(n, images) for n in range(instances)]),
            "describe_launch_template_versions": ("LaunchTemplateVersions", 200, versions),
            "describe_auto_scaling_groups": ("AutoScalingGroups", 100, [self._group(n) for n in range(groups)]),
            "describe_launch_configurations": ("LaunchConfigurations", 50, []),
            "describe_parameters": ("Parameters", 50, [self._parameter(n) for n in range(groups)]),
        }

    async def service_call(
        self, service: str, region: str, operation: str, action: str, **parameters: Any
    ) -> dict[str, Any]:
        """The answer to one call."""
        del service, region, action
        self.made[operation] += 1
        await asyncio.sleep(self._latency_s)
        if operation in self._lists:
            return self._page(operation, parameters.get("NextToken"))
        if operation == "get_parameters":
            return {"Parameters": [{"Name": n, "Value": image_id(int(n[-5:]))} for n in parameters["Names"]]}
        if operation == "describe_images":
            ids = parameters.get("ImageIds")
            return {"Images": [self._by_id[one] for one in ids] if ids else self._images}
        return {}

    def _page(self, operation: str, token: object) -> dict[str, Any]:
        member, size, entries = self._lists[operation]
        at = int(str(token or 0))
        following = {"NextToken": str(at + size)} if at + size < len(entries) else {}
        return {member: list(entries[at : at + size]), **following}

    @staticmethod
    def _image(number: int) -> dict[str, Any]:
        family, build = divmod(number, BUILDS)
        made = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(NOW - (BUILDS - build) * 20 * DAY))
        return {
            "ImageId": image_id(number),
            "Name": f"acme-app-{family:03d}-x86_64-{made[:10].replace('-', '')}",
            "OwnerId": ACCOUNT,
            "State": "available",
            "Architecture": "x86_64",
            "CreationDate": made,
            "PlatformDetails": "Linux/UNIX",
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": f"snap-{number:017x}"}}],
        }

    @staticmethod
    def _instance(number: int, images: int) -> dict[str, Any]:
        tags = [{"Key": "Name", "Value": f"app-{number}"}]
        instance = {
            "InstanceId": f"i-{number:017x}",
            "ImageId": image_id(number * 7 % images),
            "InstanceType": "m7i.large",
            "Architecture": "x86_64",
            "State": {"Name": "running"},
            "LaunchTime": "2026-10-01T00:00:00.000Z",
            "Tags": tags,
        }
        return {"Instances": [instance]}

    @staticmethod
    def _version(number: int, images: int) -> dict[str, Any]:
        return {
            "LaunchTemplateId": f"lt-{number:017x}",
            "LaunchTemplateName": f"app-{number}",
            "VersionNumber": 1,
            "DefaultVersion": True,
            "LaunchTemplateData": {"ImageId": image_id(number * BUILDS % images)},
        }

    @staticmethod
    def _group(number: int) -> dict[str, Any]:
        template = {"LaunchTemplateId": f"lt-{number:017x}", "Version": "$Latest"}
        return {"AutoScalingGroupName": f"app-{number}", "LaunchTemplate": template, "DesiredCapacity": 50}

    @staticmethod
    def _parameter(number: int) -> dict[str, Any]:
        return {"Name": f"/golden/app-{number:05d}", "Type": "String", "DataType": "aws:ec2:image", "Version": 1}


def took(work: Callable[[], object], times: int = 20) -> float:
    """Milliseconds of the processor, the median of some runs."""
    costs = []
    for _ in range(times):
        began = time.process_time()
        work()
        costs.append((time.process_time() - began) * 1000)
    return median(costs)


async def measure(connection: Ec2Connection, services: Services, region: str) -> Iterator[str]:
    """The figures, a line each."""

    async def connected(*_: object, **__: object) -> Ec2Connection:
        return connection

    services.session.connections.of = connected  # type: ignore[method-assign]
    reader = FleetAudit(services)
    began, processor = time.perf_counter(), time.process_time()
    found = await reader.region(region)
    seconds, busy = time.perf_counter() - began, time.process_time() - processor
    made = connection.made if isinstance(connection, SimulatedAws) else Counter(n for _, n in connection.calls)
    state = AuditState([region])
    state.begin()
    state.take(region, found)

    def listed(text: str) -> None:
        state.list_matching(text)
        placed = columns(state.rows, 118)
        for row in islice(state.rows, SCREEN):
            row_runs(row, placed, UNICODE)
        list(age_chart(age_counts(state.listed), 118, 3, UNICODE))

    lines = [
        f"{len(found.findings):,} subjects of {region}: rows after {seconds:.2f} s, {busy:.2f} s of the processor",
        f"{sum(made.values())} calls: {', '.join(f'{count} {name}' for name, count in made.most_common())}",
        f"all rows listed and a screen of them composed: {took(lambda: listed('')):.1f} ms",
        f"a letter of the filter: {took(lambda: listed('app-19')):.1f} ms",
    ]
    return iter([*lines, *(f"could not be read: {words}" for words in found.unknown)])


async def run(options: argparse.Namespace) -> None:
    """Measure once, and print."""
    with tempfile.TemporaryDirectory() as folder:
        given = {"cache_dir": folder, "endpoint_url": options.endpoint_url, "demo": bool(options.endpoint_url)}
        services = Services(load_settings(given, {"HOME": folder, "AMITUI_STATE_DIR": folder}), now=lambda: NOW)
        connection: Ec2Connection
        if options.endpoint_url:
            connection = Ec2Connection(AwsTarget(endpoint_url=options.endpoint_url, demo=True))
        else:
            sizes = (options.images, options.groups, options.instances)
            connection = SimulatedAws(*sizes, options.latency_ms / 1000)
        try:
            async with connection:
                for line in await measure(connection, services, options.region):
                    print(line)
        finally:
            await services.close()


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--groups", type=int, default=40)
    parser.add_argument("--instances", type=int, default=2000)
    parser.add_argument("--latency-ms", type=float, default=100, help="before each answer of the simulated AWS")
    parser.add_argument("--endpoint-url", help="read this endpoint instead, with the demo's credentials")
    parser.add_argument("--region", default=REGION)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
