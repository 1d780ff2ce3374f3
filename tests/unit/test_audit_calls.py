"""How many calls an audit of a large account makes: pages and batches, never one a subject."""

from __future__ import annotations

from pathlib import Path

from amitui.configuration.load import load_settings
from amitui.domain.fleet.findings import Verdict
from amitui.domain.fleet.uses import UseKind
from amitui.services.composition import Services
from amitui.services.fleet_audit import FleetAudit
from bench.audit import BUILDS, NOW, REGION, SimulatedAws


async def test_two_thousand_instances_on_five_hundred_images_cost_fourteen_calls(tmp_path: Path) -> None:
    given = {"cache_dir": str(tmp_path), "endpoint_url": None}
    services = Services(load_settings(given, {"HOME": str(tmp_path)}), now=lambda: NOW)
    connection = SimulatedAws(images=500, groups=40, instances=2000, latency_s=0)

    async def connected(*_: object, **__: object) -> SimulatedAws:
        return connection

    services.session.connections.of = connected  # type: ignore[method-assign]
    found = await FleetAudit(services).region(REGION)
    await services.close()

    assert connection.made == {
        "describe_instances": 2,
        "describe_images": 4,  # three of the images by their ids, one of all own builds
        "get_parameters": 4,
        "describe_launch_template_versions": 1,
        "describe_auto_scaling_groups": 1,
        "describe_launch_configurations": 1,
        "describe_parameters": 1,
    }
    assert found.unknown == ()
    kinds = [finding.subject.kind for finding in found.findings]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        UseKind.INSTANCE: 2000,
        UseKind.TEMPLATE: 40,
        UseKind.GROUP: 40,
        UseKind.PARAMETER: 40,
    }
    newest = [one for one in found.findings if Verdict.NEWEST in one.verdicts]
    assert {int(one.judgement.image.image_id[4:], 16) % BUILDS for one in newest} == {BUILDS - 1}
    assert {one.judgement.builds_behind for one in found.findings} == set(range(BUILDS))
