"""The plan that asks EC2 which other accounts use an image."""

from __future__ import annotations

from amitui.domain.operations.awaited import GONE, USAGE_REPORT
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.placeholders import answer_of
from amitui.domain.operations.plan import Call, Plan, Watch
from amitui.domain.operations.plans.facts import ImageFacts


def usage_report_plan(facts: ImageFacts) -> Plan:
    """Have a report made on the use by all other accounts, and wait until it can be read."""
    parameters = {
        "ImageId": facts.image_id,
        "ResourceTypes": [{"ResourceType": kind} for kind in ("ec2:Instance", "ec2:LaunchTemplate")],
    }
    return Plan(
        kind=OperationKind.USAGE_REPORT,
        title=f"Ask who else uses {facts.label}",
        region=facts.region,
        subject=facts.image_id,
        steps=(
            Call("create_image_usage_report", facts.region, parameters, "ask for a usage report"),
            Watch(USAGE_REPORT, facts.region, answer_of(0), ("available",), ("error", GONE)),
        ),
        changes=(
            f"EC2 reports which other accounts use {facts.label}: instances, and launch templates.",
            "Nothing changes but that the account has a report, which EC2 deletes after 30 days.",
        ),
        before={"name": facts.name},
    )
