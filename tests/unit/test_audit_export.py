"""An audit as programs and people read it: CSV, JSON, SARIF 2.1.0, and the table of the command line."""

from __future__ import annotations

import csv
import io
import json
from typing import Any, Final

import pytest

from amitui.domain.catalogue.region_grid import RegionBuild
from amitui.domain.catalogue.whereabouts import Fate
from amitui.domain.fleet.fail_on import Selection, selection
from amitui.domain.fleet.findings import AuditImage, Finding, Judgement, RegionAudit, Severity, Subject, Verdict
from amitui.domain.fleet.uses import UseKind
from amitui.domain.image.trust import Trust
from amitui.errors import UsageError
from amitui.presentation.audit_export import FIELDS, Failure, Report, as_csv, as_json, as_sarif
from amitui.presentation.audit_text import summary_words, table_lines
from amitui.presentation.text import cell_width

SUCCESSOR: Final = RegionBuild("eu-west-1", "ami-00000000000000009", "web-9", 1_790_000_000, None, "available")


def finding(
    *verdicts: Verdict, name: str = "web", kind: UseKind = UseKind.INSTANCE, image: str = "ami-00000000000000001"
) -> Finding:
    return Finding(
        "prod",
        "123456789012",
        "eu-west-1",
        Subject(kind, "i-00000000000000001", name, "running"),
        Judgement(
            AuditImage(image, Fate.FOUND if image else Fate.NOT_ASKED, "web-1", trust=Trust.OWN),
            verdicts,
            tuple(f"because it is {verdict}" for verdict in verdicts),
            builds_behind=1234,
            days_behind=95,
            successor=SUCCESSOR,
        ),
    )


ALL: Final = [finding(verdict) for verdict in Verdict]
REPORT: Final = Report(
    [*ALL, finding(Verdict.STALE, Verdict.PAID), finding(Verdict.UNKNOWN, image="", kind=UseKind.GROUP)],
    [RegionAudit("prod", "123456789012", "eu-west-1", unknown=("cannot tell which images instances run: no",))],
    [Failure("", "us-east-1", "no route")],
)

# Of the schema of SARIF 2.1.0: what each object requires, and the words that a member may be.
REQUIRED: Final = {
    "log": {"version", "runs"},
    "run": {"tool"},
    "tool": {"driver"},
    "driver": {"name"},
    "rule": {"id"},
    "result": {"message"},
    "invocation": {"executionSuccessful"},
    "notification": {"message"},
}
LEVELS: Final = {"none", "note", "warning", "error"}


def _check(kind: str, one: dict[str, Any]) -> None:
    assert REQUIRED[kind] <= one.keys(), (kind, one)


def test_sarif_has_what_its_schema_requires() -> None:
    log = json.loads(as_sarif(REPORT))
    _check("log", log)
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    for run in log["runs"]:
        _check("run", run)
        _check("tool", run["tool"])
        driver = run["tool"]["driver"]
        _check("driver", driver)
        for rule in driver["rules"]:
            _check("rule", rule)
            assert rule["shortDescription"]["text"]
            assert rule["defaultConfiguration"]["level"] in LEVELS
        for result in run["results"]:
            _check("result", result)
            assert result["message"]["text"]
            assert result["level"] in LEVELS
            assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
            (location,) = result["locations"]
            place = location["physicalLocation"]
            assert " " not in place["artifactLocation"]["uri"]
            assert place["region"]["startLine"] >= 1
            assert all(isinstance(one, str) for one in result["partialFingerprints"].values())
        for invocation in run["invocations"]:
            _check("invocation", invocation)
            for notification in invocation["toolExecutionNotifications"]:
                _check("notification", notification)
                assert notification["level"] in LEVELS


def test_sarif_leaves_out_what_is_all_right_and_tells_what_could_not_be_read() -> None:
    (run,) = json.loads(as_sarif(REPORT))["runs"]
    rules = [result["ruleId"] for result in run["results"]]
    assert sorted(rules) == sorted([*(v for v in Verdict if v is not Verdict.NEWEST), "stale", "paid", "unknown"])
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    told = [one["message"]["text"] for one in invocation["toolExecutionNotifications"]]
    assert told == ["eu-west-1 (prod): cannot tell which images instances run: no", "us-east-1: no route"]
    errors = {result["ruleId"] for result in run["results"] if result["level"] == "error"}
    assert errors == {verdict for verdict in Verdict if verdict.severity is Severity.ERROR}
    whole = Report(ALL, [RegionAudit("", "123456789012", "eu-west-1")])
    assert json.loads(as_sarif(whole))["runs"][0]["invocations"][0]["executionSuccessful"] is True


def test_json_has_every_finding_and_null_for_what_is_not_known() -> None:
    document = json.loads(as_json(REPORT))
    assert len(document["Findings"]) == len(REPORT.findings)
    assert document["Findings"][-1]["ImageId"] is None
    assert document["Findings"][0]["SuccessorImageId"] == SUCCESSOR.image_id
    assert [one["Region"] for one in document["Unknown"]] == ["eu-west-1", "us-east-1"]


@pytest.mark.parametrize("name", ["=cmd|'/c calc'!A1", "a,b", 'say "hi"', "@SUM(1)", "-1", "line\nbreak"])
def test_no_cell_of_the_csv_is_a_formula_or_breaks_its_line(name: str) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(Report([finding(Verdict.STALE, name=name)], [])))))
    assert list(rows[0]) == list(FIELDS)
    (row,) = rows
    assert row["Name"].lstrip("'") == name
    assert row["Name"][0] not in "=@-+"
    assert row["Verdicts"] == "stale"


@pytest.mark.parametrize("width", [60, 72, 80, 100, 120, 200])
def test_no_line_of_the_table_is_wider_than_the_terminal(width: int) -> None:
    findings = [*ALL, finding(Verdict.STALE, name="a-very-long-name-of-a-web-server-" * 3)]
    elsewhere = [one._replace(region="ap-southeast-2", profile="") for one in findings]
    lines = table_lines([*findings, *elsewhere], width)
    assert max(map(cell_width, lines)) <= width
    assert {"VERDICT", "SUBJECT", "REGION"} <= set(lines[0].split())


def test_without_a_terminal_nothing_is_shortened() -> None:
    long = "a-very-long-name-of-a-web-server-" * 3
    lines = table_lines([finding(Verdict.STALE, name=long)])
    assert long in lines[1]
    assert lines[0].split() == ["VERDICT", "SUBJECT", "IMAGE", "BEHIND", "SUCCESSOR"]
    assert "1,234 builds, 95 d" in lines[1]
    assert table_lines([]) == []


def test_the_summary_counts_each_subject_once_by_its_worst_verdict() -> None:
    findings = [finding(Verdict.STALE, Verdict.PAID), finding(Verdict.GONE), finding(Verdict.NEWEST)]
    assert summary_words(findings) == "3 subjects by their worst verdict: 1 gone, 1 stale, 1 newest"
    assert summary_words(findings[:1]) == "1 subject by its worst verdict: 1 stale"
    assert summary_words([]) == "nothing stands on images"


def test_only_chooses_by_verdict_and_by_kind() -> None:
    stale, group = finding(Verdict.STALE, Verdict.PAID), finding(Verdict.NEWEST, kind=UseKind.GROUP)
    assert Selection().holds(stale)
    with pytest.raises(UsageError, match="--only names nothing"):
        selection(" ,")
    assert selection("paid").holds(stale)
    assert not selection("gone").holds(stale)
    assert selection("groups, newest").holds(group)
    assert not selection("group,stale").holds(group)
    assert not selection("instance").holds(group)
    with pytest.raises(UsageError, match="--only does not know 'volumes'"):
        selection("volumes")
