"""Reads image usage reports: which other accounts use own images. The newest report on each image counts.

Making one takes a call that is no read (`plans/usage_report.py`); EC2 deletes it after 30 days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from amitui.domain.epoch import epoch_seconds
from amitui.domain.fleet.usage_report import AVAILABLE, AccountUse, UsageReport
from amitui.ec2.convert import sanitize
from amitui.ec2.query import Ec2Client, batches, dicts, pages, text_of, whole
from amitui.ec2.reads.rollout_observations import Seen

IDS_A_CALL: Final = 20
_PAGE: Final = 500
_KINDS: Final = frozenset({"ec2:Instance", "ec2:LaunchTemplate"})


async def usage_reports(connection: Ec2Client, region: str, image_ids: Sequence[str]) -> dict[str, UsageReport]:
    """The newest report on each of these images, by image id; an image without one is left out.

    Raises:
        AwsError: the reports could not be read.
    """
    found: dict[str, UsageReport] = {}
    for some in batches(list(dict.fromkeys(image_ids)), IDS_A_CALL):
        reports = await _all(
            connection, region, "describe_image_usage_reports", "ImageUsageReports", ImageIds=some
        )
        for entry in reports:
            report = _report(entry)
            before = found.get(report.image_id)
            if report.image_id in some and (before is None or _age(before) < _age(report)):
                found[report.image_id] = report
    listed = {report.report_id: report for report in found.values() if report.state == AVAILABLE}
    uses: dict[str, list[AccountUse]] = {}
    for some in batches(list(listed), IDS_A_CALL):
        entries = await _all(
            connection, region, "describe_image_usage_report_entries", "ImageUsageReportEntries", ReportIds=some
        )
        for entry in entries:
            count = whole(entry.get("UsageCount")) or 0
            if count > 0:
                use = AccountUse(text_of(entry, "AccountId"), text_of(entry, "ResourceType"), count)
                uses.setdefault(text_of(entry, "ReportId"), []).append(use)
    return {
        image_id: report._replace(uses=tuple(sorted(uses.get(report.report_id, ()))))
        for image_id, report in found.items()
    }


async def report_states(connection: Ec2Client, region: str, report_ids: Sequence[str]) -> dict[str, Seen]:
    """How far reports have come, by their ids; those that EC2 does not list are left out."""
    found: dict[str, Seen] = {}
    for some in batches(report_ids, IDS_A_CALL):
        for entry in await _all(
            connection, region, "describe_image_usage_reports", "ImageUsageReports", ReportIds=some
        ):
            report = _report(entry)
            found[report.report_id] = Seen(report.state, None, report.reason)
    return found


async def _all(connection: Ec2Client, region: str, operation: str, key: str, **ids: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    answers = pages(connection.call, region, operation, "read who else uses the images", MaxResults=_PAGE, **ids)
    async for answer in answers:
        found += dicts(answer.get(key))
    return found


def _report(entry: Mapping[str, Any]) -> UsageReport:
    kinds = {text_of(one, "ResourceType") for one in dicts(entry.get("ResourceTypes"))}
    return UsageReport(
        text_of(entry, "ImageId"),
        text_of(entry, "ReportId"),
        text_of(entry, "State"),
        epoch_seconds(entry.get("CreationTime")),
        sanitize(text_of(entry, "StateReason")),
        complete=kinds >= _KINDS and not entry.get("AccountIds"),
    )


def _age(report: UsageReport) -> int:
    return report.created if report.created is not None else -1
