"""Launches as text: Terraform and CloudFormation find nothing in what strangers wrote, and all that was chosen."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml  # type: ignore[import-untyped]
from botocore.session import get_session
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from amitui.domain.launch.user_data import user_data_of
from amitui.domain.operations.placeholders import with_answers
from amitui.domain.operations.plans.launch import template_plan
from amitui.presentation.hcl import hcl_string
from amitui.presentation.infrastructure import (
    MOST_PARAMETER,
    cloudformation,
    cloudformation_problem,
    terraform,
)
from tests.support.hcl import read_hcl
from tests.support.plan_samples import IMAGE, LAUNCH, PLAIN_LAUNCH

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = [
    "${file(\"/etc/passwd\")}",
    "%{ if true }x%{ endif }",
    "$${x} $$${x} %%{x} $ % {",
    'a"b',
    "a\\b\\${x}",
    "a\nb\r\tc",
    "}\n}\nresource \"x\" \"y\" {}",
    "\x1b]0;x\x07 \u202e \u0085 \U000e0041 \u2028",
    "it's é \U0001f600",
    "<<EOT\n# // /*",
]  # fmt: skip

texts = st.text(alphabet=st.sampled_from('$%{}"\\\n x') | st.characters(codec="utf-8"), max_size=20)


@given(texts)
def test_a_text_is_quoted_so_that_terraform_reads_it_as_it_is(text: str) -> None:
    quoted = hcl_string(text)
    assert read_hcl(quoted) == text
    assert quoted.isprintable()


@pytest.mark.skipif(shutil.which("terraform") is None, reason="Terraform is not installed")
def test_terraform_itself_reads_the_texts_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(f"locals {{\n  texts = [{', '.join(map(hcl_string, HOSTILE))}]\n}}\n")
    read = subprocess.run(
        ["terraform", "console"],
        cwd=tmp_path,
        input="base64encode(jsonencode(local.texts))\n",
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(base64.b64decode(read.stdout.strip().strip('"'))) == HOSTILE


@pytest.mark.skipif(shutil.which("terraform") is None, reason="Terraform is not installed")
@pytest.mark.parametrize("hostile", HOSTILE)
def test_terraform_would_write_it_the_same_way(tmp_path: Path, hostile: str) -> None:
    request = LAUNCH._replace(instance_tags=(("Name", hostile), (hostile, "x")), user_data=hostile)
    text = terraform(request, inline_user_data=True)
    formatted = subprocess.run(
        ["terraform", "fmt", "-"],
        input=text.encode(),
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        check=True,
    )
    # What is aligned by how wide characters are is not held against it.
    assert re.sub(" +", " ", formatted.stdout.decode()) == re.sub(" +", " ", text)


def test_the_owner_of_the_image_is_named_wherever_it_is_looked_up() -> None:
    text = terraform(LAUNCH)
    assert 'owners             = ["210987654321"]' in text
    assert f'values = ["{IMAGE}"]' in text
    assert "ami                         = data.aws_ami.this.id" in text
    without = terraform(LAUNCH._replace(owner_id=""))
    assert "aws_ami" not in without
    assert f'ami                         = "{IMAGE}"' in without


def test_terraform_is_told_all_that_was_chosen() -> None:
    text = re.sub(" +", " ", terraform(LAUNCH))
    for line in (
        'region = "us-east-1"',
        "count = 5",
        'instance_type = "t3.micro"',
        'key_name = "it\'s ours"',
        'subnet_id = "subnet-0123456789abcdef0"',
        'iam_instance_profile = "web"',
        'vpc_security_group_ids = ["sg-0123456789abcdef0", aws_security_group.this.id]',
        "associate_public_ip_address = true",
        'user_data = file("${path.module}/user-data")',
        '"Note" = "it\'s $(ours)"',
        'http_tokens = "required"',
        'max_price = "0.05"',
        'device_name = "/dev/sdf"\n no_device = true',
        'prefix_list_ids = ["pl-0123456789abcdef0"]',
        "throughput = 250\n delete_on_termination = true",
    ):
        assert line in text
    assert "availability_zone" not in text
    assert "hunter2" not in text
    assert "hunter2" in terraform(LAUNCH, inline_user_data=True)
    plain = re.sub(" +", " ", terraform(PLAIN_LAUNCH._replace(zone="eu-west-1a", termination_protection=True)))
    assert 'availability_zone = "eu-west-1a"' in plain
    assert "disable_api_termination = true" in plain
    assert "count" not in plain
    assert "user_data" not in plain


# CloudFormation

MANY = LAUNCH._replace(template_id="")


def template(text: str) -> dict[str, Any]:
    """The template, which reads the same as JSON and as YAML."""
    read: dict[str, Any] = json.loads(text)
    assert yaml.safe_load(text) == read
    return read


def test_a_template_launches_what_the_plan_launches() -> None:
    read = template(cloudformation(MANY, inline_user_data=True))
    resources = read["Resources"]
    assert [name for name in resources if name.startswith("Instance")] == [f"Instance{n}" for n in range(1, 6)]
    data = resources["LaunchTemplate"]["Properties"]["LaunchTemplateData"]
    made = {"Fn::GetAtt": ["SecurityGroup", "GroupId"]}
    assert data["NetworkInterfaces"][0]["Groups"] == ["sg-0123456789abcdef0", made]
    data["NetworkInterfaces"][0]["Groups"][1] = "sg-made"
    plan = template_plan(MANY, "web")
    sent = with_answers(plan.calls[-1].parameters["LaunchTemplateData"], {0: "sg-made"})
    assert data == sent | {"UserData": plan.private["UserData"]}
    shape = get_session().get_service_model("ec2").shape_for("RequestLaunchTemplateData")
    assert not ParamValidator().validate(data, shape).has_errors()


def test_the_group_of_a_template_has_the_rules_of_the_plan() -> None:
    group = template(cloudformation(MANY))["Resources"]["SecurityGroup"]["Properties"]
    assert group["GroupName"] == "web"
    assert group["SecurityGroupIngress"] == [
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0", "Description": "everyone"},
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv6": "2001:db8::/32"},
        {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "CidrIp": "10.0.0.0/8"},
        {"IpProtocol": "-1", "SourceSecurityGroupId": "sg-0123456789abcdef0"},
        {"IpProtocol": "udp", "FromPort": 500, "ToPort": 4500, "SourcePrefixListId": "pl-0123456789abcdef0"},
    ]
    plain = template(cloudformation(MANY._replace(new_group=None, public_address=None, subnet_id="")))
    data = plain["Resources"]["LaunchTemplate"]["Properties"]["LaunchTemplateData"]
    assert "SecurityGroup" not in plain["Resources"]
    assert data["SecurityGroupIds"] == ["sg-0123456789abcdef0"]


@pytest.mark.parametrize(("size", "parts"), [(1, 1), (3_072, 1), (3_073, 2), (16_384, 6)])
def test_user_data_fit_into_as_many_parameters_as_they_need(size: int, parts: int) -> None:
    text = cloudformation(PLAIN_LAUNCH._replace(user_data="x" * size))
    read = template(text)
    assert list(read["Parameters"]) == [f"UserData{number}" for number in range(1, parts + 1)]
    assert all(parameter["NoEcho"] for parameter in read["Parameters"].values())
    assert len(base64.b64encode(b"x" * size)) <= parts * MOST_PARAMETER
    used = read["Resources"]["LaunchTemplate"]["Properties"]["LaunchTemplateData"]["UserData"]
    references = [{"Ref": name} for name in read["Parameters"]]
    assert used == (references[0] if parts == 1 else {"Fn::Join": ["", references]})
    assert base64.b64encode(b"x" * 30).decode()[:20] not in text


@given(texts, texts)
def test_any_text_comes_through_a_template(name: str, tag: str) -> None:
    read = template(cloudformation(PLAIN_LAUNCH._replace(image_name=name, instance_tags=(("Name", tag),))))
    data = read["Resources"]["LaunchTemplate"]["Properties"]["LaunchTemplateData"]
    assert data["TagSpecifications"][0]["Tags"] == [{"Key": "Name", "Value": tag}]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, ""),
        ({"max_count": 498}, ""),
        ({"max_count": 499}, "a CloudFormation stack has room for 498 instances, these are 499"),
        ({"template_id": "lt-1"}, "settings from a launch template are not known here: start without one"),
        ({"instance_tags": (("a", "{{resolve:ssm:x}}"),)}, "{{resolve:…}} in a text would be replaced by "
         "CloudFormation"),
        ({"image_name": "{{resolve:ssm:x}}"}, ""),
    ],
)  # fmt: skip
def test_where_there_is_no_template_a_comment_says_why(change: dict[str, Any], words: str) -> None:
    request = PLAIN_LAUNCH._replace(**change)
    assert cloudformation_problem(request) == words
    text = cloudformation(request)
    assert "{{resolve:" not in text or bool(words)
    if words:
        assert text == f"# There is no template: {words}.\n"
        assert yaml.safe_load(text) is None
    else:
        assert template(text)["Resources"]


def test_no_text_has_what_stands_for_something_in_plans() -> None:
    for text in (terraform(LAUNCH), cloudformation(MANY), cloudformation(MANY, inline_user_data=True)):
        assert "AnswerOf" not in text
        assert "ithheld" not in text


def test_user_data_that_are_no_text_are_read_by_terraform_in_base64() -> None:
    packed = gzip.compress(b"#cloud-config\n", mtime=0)
    request = PLAIN_LAUNCH._replace(user_data=user_data_of(packed))
    assert 'user_data_base64 = filebase64("${path.module}/user-data")' in " ".join(terraform(request).split())
    inlined = base64.b64encode(packed).decode()
    assert f'user_data_base64 = "{inlined}"' in " ".join(terraform(request, inline_user_data=True).split())
    assert "file(" not in terraform(request).replace("filebase64(", "")
    assert inlined in cloudformation(request, inline_user_data=True)
