"""Image usage reports: which other accounts use an image of one's own, as far as EC2 tells its owner.

Source: CreateImageUsageReport and the operations beside it in the API reference, "View your AMI usage" in the User
Guide. What was launched within the last day is not in a report yet, as there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.filters import matcher
from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.paging import page
from amitui.demo.cloud.rules import ACCOUNT_ID, check_image_id, invalid, require, specified_tags
from amitui.demo.seed.accounts import ORGANIZATION_MEMBERS, SECOND_ACCOUNT, Caller
from amitui.demo.seed.records import DAY, digest, stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amitui.demo.cloud.instances import Instances
    from amitui.demo.cloud.model import CloudImage, Params
    from amitui.demo.cloud.templates.store import TemplateStore
    from amitui.demo.cloud.world import World

WORK: Final = 120.0
"""Seconds of EC2's work until a report is available, about; EC2 does not say how long it takes."""
LAG: Final = DAY
"""Seconds until an instance counts. Source: "View your AMI usage"."""
KEPT: Final = 30 * DAY
_INSTANCE: Final = "ec2:Instance"
_TEMPLATE: Final = "ec2:LaunchTemplate"
_DEPTH: Final = 20
_MOST_DEPTH: Final = 10_000
_MOST_ACCOUNTS: Final = 200
_MOST_IDS: Final = 200
_MOST_RESULTS: Final = 1000
_STRANGERS: Final = 3
"""Accounts that nobody can be here, and that use each public image."""


@dataclass(slots=True)
class _Report:
    report_id: str
    image_id: str
    owner: str
    region: str
    created: float
    types: dict[str, int]
    """The resource types, with how many versions of a template are looked at."""
    accounts: tuple[str, ...]
    """Empty = all."""
    state: str = "pending"
    entries: list[Params] = field(default_factory=list)
    record: dict[str, Any] = field(default_factory=dict)
    token: str = ""

    def described(self) -> Params:
        """In the shape of DescribeImageUsageReports."""
        types = [{"ResourceType": kind, **_options(kind, depth)} for kind, depth in self.types.items()]
        return {
            "ImageId": self.image_id,
            "ReportId": self.report_id,
            "ResourceTypes": types,
            "AccountIds": list(self.accounts),
            "State": self.state,
            "CreationTime": self.created,
            "ExpirationTime": self.created + KEPT,
            **self.record,
        }


class UsageReports:
    """What clients do with usage reports."""

    def __init__(self, world: World, instances: Instances, templates: TemplateStore) -> None:
        self._world = world
        self._instances = instances
        self._templates = templates
        self._reports: dict[str, _Report] = {}

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return {
            "CreateImageUsageReport": self.create,
            "DescribeImageUsageReports": self.describe,
            "DescribeImageUsageReportEntries": self.describe_entries,
            "DeleteImageUsageReport": self.delete,
        }

    def create(self, caller: Caller, params: Params) -> Params:
        """CreateImageUsageReport: of an image of one's own."""
        require(params, "ImageId", "ResourceTypes")
        token = str(params.get("ClientToken", ""))
        for report in self._of(caller):
            if token and report.token == token:
                if report.image_id != params["ImageId"]:
                    words = "The client token was used with other parameters."
                    raise CloudError("IdempotentParameterMismatch", words)
                return {"ReportId": report.report_id}
        image = self._world.own_image(caller, str(params["ImageId"]))
        accounts = tuple(str(one) for one in params.get("AccountIds", ()))
        if len(accounts) > _MOST_ACCOUNTS:
            raise invalid(f"At most {_MOST_ACCOUNTS} account ids can be given")
        for account in accounts:
            if not ACCOUNT_ID.fullmatch(account):
                raise CloudError("InvalidUserID.Malformed", f'Invalid user id: "{account}"')
        tags = specified_tags(params, frozenset({"image-usage-report"}))["image-usage-report"]
        report = _Report(
            self._world.new_id("amiur", image.image_id),
            image.image_id,
            caller.account,
            caller.region,
            self._world.now(),
            _types(params),
            accounts,
            record={"Tags": tags} if tags else {},
            token=token,
        )
        self._reports[report.report_id] = report
        self._world.agenda.at(self._world.clock.after(WORK), lambda: self._make(caller, image, report))
        self._world.agenda.at(report.created + KEPT, partial(self._forget, report.report_id))
        return {"ReportId": report.report_id}

    def _forget(self, report_id: str) -> None:
        self._reports.pop(report_id, None)

    def _make(self, caller: Caller, image: CloudImage, report: _Report) -> None:
        about = {
            "ReportId": report.report_id,
            "ImageId": report.image_id,
            "ReportCreationTime": report.created,
        }
        report.entries = [
            about | {"AccountId": account, "ResourceType": kind, "UsageCount": used}
            for account, kind, used in self._uses(caller, image, report)
            if used and (not report.accounts or account in report.accounts)
        ]
        report.state = "available"

    def _uses(self, caller: Caller, image: CloudImage, report: _Report) -> Iterator[tuple[str, str, int]]:
        for account in sorted({SECOND_ACCOUNT, *ORGANIZATION_MEMBERS} - {caller.account}):
            other = Caller(account, report.region)
            if _INSTANCE in report.types:
                yield account, _INSTANCE, self._instances_of(other, report)
            if _TEMPLATE in report.types:
                yield account, _TEMPLATE, self._templates_of(other, report)
        if image.public:
            for number in range(_STRANGERS):
                unique = digest("user of", image.image_id, str(number))
                account, used = f"{int(unique[:12], 16) % 10**12:012d}", int(unique[12:14], 16) % 40 + 1
                if _INSTANCE in report.types:
                    yield account, _INSTANCE, used

    def _instances_of(self, other: Caller, report: _Report) -> int:
        until = report.created - LAG
        return sum(
            one.is_there and one.image_id == report.image_id and _launched(one.record) <= until
            for one in self._instances.of(other, with_volumes=False)
        )

    def _templates_of(self, other: Caller, report: _Report) -> int:
        depth = report.types[_TEMPLATE]
        return sum(
            any(version.data.get("ImageId") == report.image_id for version in template.versions[-depth:])
            for template in self._templates.of(other).values()
        )

    def _of(self, caller: Caller) -> list[_Report]:
        reports = self._reports.values()
        return [one for one in reports if (one.owner, one.region) == (caller.account, caller.region)]

    def _named(self, caller: Caller, params: Params) -> list[_Report]:
        """The reports that a request asks for by their ids, by their images, or all.

        Raises:
            CloudError: an id that there is not.
        """
        report_ids, image_ids = params.get("ReportIds", []), params.get("ImageIds", [])
        if len(image_ids) > _MOST_IDS:
            raise invalid(f"At most {_MOST_IDS} image ids can be given")
        for image_id in image_ids:
            check_image_id(image_id)
        known = {one.report_id: one for one in self._of(caller)}
        for report_id in report_ids:
            if report_id not in known:
                raise unknown_report(report_id)
        return [
            report
            for report_id, report in known.items()
            if (not report_ids or report_id in report_ids) and (not image_ids or report.image_id in image_ids)
        ]

    def describe(self, caller: Caller, params: Params) -> Params:
        """DescribeImageUsageReports."""
        tests = [_test(given, _REPORT_FILTERS) for given in params.get("Filters", ())]
        described = (one.described() for one in self._named(caller, params))
        listed = [one for one in described if all(test(one) for test in tests)]
        return page("ImageUsageReports", listed, caller, params, least=1, most=_MOST_RESULTS)

    def describe_entries(self, caller: Caller, params: Params) -> Params:
        """DescribeImageUsageReportEntries: of reports that are available; those of others have none yet."""
        tests = [_test(given, _ENTRY_FILTERS) for given in params.get("Filters", ())]
        entries = (entry for report in self._named(caller, params) for entry in report.entries)
        listed = [one for one in entries if all(test(one) for test in tests)]
        return page("ImageUsageReportEntries", listed, caller, params, least=1, most=_MOST_RESULTS)

    def delete(self, caller: Caller, params: Params) -> Params:
        """DeleteImageUsageReport."""
        require(params, "ReportId")
        self._named(caller, {"ReportIds": [params["ReportId"]]})
        del self._reports[str(params["ReportId"])]
        return {"Return": True}


def unknown_report(report_id: str) -> CloudError:
    """The refusal for a report that there is not; the code is unverified."""
    words = f"The image usage report '{report_id}' does not exist"
    return CloudError("InvalidImageUsageReportId.NotFound", words)


def _types(params: Params) -> dict[str, int]:
    kinds: dict[str, int] = {}
    for entry in params["ResourceTypes"]:
        kind = str(entry.get("ResourceType", ""))
        if kind not in (_INSTANCE, _TEMPLATE):
            raise invalid(f"Value ({kind}) for parameter resourceType is invalid.")
        options = entry.get("ResourceTypeOptions", [])
        if options and kind != _TEMPLATE:
            raise invalid("ResourceTypeOptions are valid for ec2:LaunchTemplate only.")
        values = [str(value) for option in options for value in option.get("OptionValues", ())]
        if any(not one.isdecimal() or not 1 <= int(one) <= _MOST_DEPTH for one in values):
            raise invalid("The option version-depth is an integer between 1 and 10000.")
        kinds[kind] = int(values[0]) if values else _DEPTH
    return kinds


def _options(kind: str, depth: int) -> Params:
    if kind != _TEMPLATE:
        return {}
    return {"ResourceTypeOptions": [{"OptionName": "version-depth", "OptionValues": [str(depth)]}]}


def _launched(record: Any) -> float:
    return datetime.fromisoformat(str(record["launchTime"])).timestamp()


_REPORT_FILTERS: Final[dict[str, Callable[[Params], str]]] = {
    "creation-time": lambda report: stamp(int(report["CreationTime"])),
    "state": lambda report: str(report["State"]),
}
_ENTRY_FILTERS: Final[dict[str, Callable[[Params], str]]] = {
    "account-id": lambda entry: str(entry["AccountId"]),
    "creation-time": lambda entry: stamp(int(entry["ReportCreationTime"])),
    "resource-type": lambda entry: str(entry["ResourceType"]),
}


def _test(given: Params, known: dict[str, Callable[[Params], str]]) -> Callable[[Params], bool]:
    name, matches = str(given.get("Name", "")), matcher(given.get("Values", ()))
    read = known.get(name)
    if read is None:
        raise invalid(f"The filter '{name}' is invalid")
    return lambda entry: matches(read(entry))
