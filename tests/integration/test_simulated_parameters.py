"""Parameter Store of the simulated AWS, asked by boto3."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from amitui.demo.cloud.systems_manager.parameters import VALIDATION
from amitui.demo.seed.accounts import READER_ACCESS_KEY
from tests.support.demo_account import HOME
from tests.support.fleet_lab import FleetLab, fleet_lab, refused

IMAGE = "aws:ec2:image"


@pytest.fixture(scope="module")
def lab() -> Iterator[FleetLab]:
    with fleet_lab(fleet={}) as made:
        yield made


def values(lab: FleetLab, name: str) -> list[str]:
    return [one["Value"] for one in lab.ssm.get_parameter_history(Name=name)["Parameters"]]


def test_an_image_is_looked_up_after_the_answer_and_only_then_is_the_parameter_there(lab: FleetLab) -> None:
    name, image = "/golden/later", lab.build("acme-web")
    answer = lab.ssm.put_parameter(Name=name, Value=image, Type="String", DataType=IMAGE)
    assert answer["Version"] == 1
    with refused("ParameterNotFound"):
        lab.ssm.get_parameter(Name=name)

    lab.pass_time(VALIDATION)
    found = lab.ssm.get_parameter(Name=name)["Parameter"]
    assert (found["Value"], found["DataType"], found["Version"]) == (image, IMAGE, 1)


@pytest.mark.parametrize("bad", ["ami-00000000000000000", "ami-x", "disabled", "someone else's"])
def test_a_value_that_is_no_available_image_is_accepted_and_never_stored(lab: FleetLab, bad: str) -> None:
    name = lab.name("/golden/bad")
    lab.put_image(name, lab.build("acme-web"))
    before = values(lab, name)
    value = bad
    if bad == "disabled":
        value = lab.copy()
        lab.ec2.disable_image(ImageId=value)
    elif bad.startswith("someone"):
        second = lab.cloud.world.region(HOME).images
        value = next(one.image_id for one in second if not one.public and one.owner == "210987654321")

    lab.put_image(name, value)
    assert values(lab, name) == before
    lab.put_image(f"{name}-new", value)
    with refused("ParameterNotFound"):
        lab.ssm.get_parameter(Name=f"{name}-new")


def test_versions_and_labels_are_named_behind_the_name(lab: FleetLab) -> None:
    name, first, second = "/golden/labelled", lab.build("acme-web", 1), lab.build("acme-web", 0)
    lab.put_image(name, first)
    lab.put_image(name, second)
    with refused("ParameterAlreadyExists"):
        lab.ssm.put_parameter(Name=name, Value=first, Type="String", DataType=IMAGE)
    labels = ["stable", "1st", "aws-no"]
    assert lab.ssm.label_parameter_version(Name=name, Labels=labels)["InvalidLabels"] == ["1st", "aws-no"]
    lab.ssm.label_parameter_version(Name=name, ParameterVersion=1, Labels=["stable"])

    found = {}
    for selector in ("", ":1", ":2", ":stable"):
        parameter = lab.ssm.get_parameter(Name=name + selector)["Parameter"]
        found[selector] = parameter["Value"]
        assert parameter.get("Selector", "") == selector
    assert found == {"": second, ":1": first, ":2": second, ":stable": first}
    lab.ssm.label_parameter_version(Name=name, ParameterVersion=2, Labels=["stable"])
    history = lab.ssm.get_parameter_history(Name=name)["Parameters"]
    assert [(one["Version"], one["Labels"]) for one in history] == [(1, []), (2, ["stable"])], "a label moves"
    assert lab.ssm.unlabel_parameter_version(Name=name, ParameterVersion=2, Labels=["stable", "x"]) | {
        "ResponseMetadata": None
    } == {"RemovedLabels": ["stable"], "InvalidLabels": ["x"], "ResponseMetadata": None}
    with refused("ParameterVersionNotFound"):
        lab.ssm.get_parameter(Name=f"{name}:7")
    answer = lab.ssm.get_parameters(Names=[f"{name}:1", "/nothing"])
    assert ([one["Value"] for one in answer["Parameters"]], answer["InvalidParameters"]) == ([first], ["/nothing"])


def test_only_a_hundred_versions_are_kept_and_none_with_a_label_goes(lab: FleetLab) -> None:
    asked = {"Name": "/many", "Type": "String", "Overwrite": True}
    for number in range(101):
        lab.ssm.put_parameter(Value=str(number), **asked)
    pages = lab.ssm.get_paginator("get_parameter_history").paginate(Name="/many")
    kept = [one["Version"] for page in pages for one in page["Parameters"]]
    assert kept == list(range(2, 102))
    lab.ssm.label_parameter_version(Name="/many", ParameterVersion=2, Labels=["keep"])
    with refused("ParameterMaxVersionLimitExceeded"):
        lab.ssm.put_parameter(Value="more", **asked)


def test_lists_are_filtered_and_come_in_pages(lab: FleetLab) -> None:
    for number in range(12):
        lab.ssm.put_parameter(Name=f"/pages/{number:02d}", Value="x", Type="String")
    lab.ssm.put_parameter(Name="/pages/deep/er", Value="a,b", Type="StringList")
    lab.put_image("/pages/image", lab.build("acme-web"))

    def listed(**given: object) -> list[str]:
        found = lab.ssm.get_paginator("describe_parameters").paginate(ParameterFilters=[given])
        return [one["Name"] for page in found for one in page["Parameters"] if one["Name"].startswith("/pages")]

    assert listed(Key="DataType", Values=[IMAGE]) == ["/pages/image"]
    assert listed(Key="Type", Values=["StringList"]) == ["/pages/deep/er"]
    assert len(listed(Key="Path", Option="OneLevel", Values=["/pages"])) == 13
    assert len(listed(Key="Path", Option="Recursive", Values=["/pages"])) == 14
    assert listed(Key="Name", Option="BeginsWith", Values=["/pages/0"]) == [f"/pages/0{n}" for n in range(10)]
    assert listed(Key="Name", Option="Contains", Values=["eep"]) == ["/pages/deep/er"]
    one_page = lab.ssm.describe_parameters()
    assert len(one_page["Parameters"]) == 10
    assert one_page["NextToken"]
    by_path = lab.ssm.get_paginator("get_parameters_by_path").paginate(Path="/pages", Recursive=True)
    assert sum(len(page["Parameters"]) for page in by_path) == 14
    with refused("InvalidFilterKey"):
        lab.ssm.describe_parameters(ParameterFilters=[{"Key": "Colour", "Values": ["x"]}])
    with refused("InvalidFilterKey"):
        lab.ssm.get_parameters_by_path(Path="/pages", ParameterFilters=[{"Key": "DataType", "Values": ["text"]}])


def test_what_parameter_store_refuses(lab: FleetLab) -> None:
    for code, asked in (
        ("UnsupportedOperation", {"Name": "/expires", "Value": "x", "Type": "String", "Policies": "[]"}),
        ("ValidationException", {"Name": "/typeless", "Value": "x"}),
        ("ValidationException", {"Name": "a/b", "Value": "x", "Type": "String"}),
        ("ValidationException", {"Name": "ssm-mine", "Value": "x", "Type": "String"}),
        ("AccessDeniedException", {"Name": "/aws/mine", "Value": "x", "Type": "String"}),
        ("HierarchyLevelLimitExceededException", {"Name": "/x" * 16, "Value": "x", "Type": "String"}),
        ("ValidationException", {"Name": "/long", "Value": "x" * 4097, "Type": "String"}),
        ("ValidationException", {"Name": "/list", "Value": "x", "Type": "StringList", "DataType": IMAGE}),
        (
            "ParameterPatternMismatchException",
            {"Name": "/p", "Value": "x", "Type": "String", "AllowedPattern": "y"},
        ),
    ):
        with refused(code):
            lab.ssm.put_parameter(**asked)
    lab.ssm.put_parameter(Name="plain", Value="x", Type="String")
    arn = lab.ssm.get_parameter(Name="plain")["Parameter"]["ARN"]
    assert lab.ssm.get_parameter(Name=arn)["Parameter"]["Value"] == "x"
    answer = lab.ssm.delete_parameters(Names=["plain", "/nothing"])
    assert (answer["DeletedParameters"], answer["InvalidParameters"]) == (["plain"], ["/nothing"])
    with refused("ParameterNotFound"):
        lab.ssm.delete_parameter(Name="plain")
    with refused("AccessDeniedException"):
        lab.client("ssm", HOME, READER_ACCESS_KEY).put_parameter(Name="/r", Value="x", Type="String")


def test_a_secret_is_shown_only_decrypted(lab: FleetLab) -> None:
    lab.ssm.put_parameter(Name="/secret", Value="hush", Type="SecureString")
    assert "hush" not in lab.ssm.get_parameter(Name="/secret")["Parameter"]["Value"]
    assert lab.ssm.get_parameter(Name="/secret", WithDecryption=True)["Parameter"]["Value"] == "hush"
