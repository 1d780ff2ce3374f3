"""Images as code: what a parser of each language reads back is the look-up that was meant, whatever names hold."""

from __future__ import annotations

import ast
import csv
import io
import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import yaml  # type: ignore[import-untyped]
from botocore.session import get_session
from botocore.validate import ParamValidator
from hypothesis import example, given, settings
from hypothesis import strategies as st

from amitui.domain.image.image import ImageFlag
from amitui.domain.image.trust import Trust
from amitui.domain.products.floating import floating_pattern
from amitui.presentation.export import FIELDS, FORMATS
from amitui.presentation.quoting import double_quoted, in_comment, script_string
from amitui.presentation.snippets.lookup import lookups, pinned
from tests.support.aws_cli import understood
from tests.support.hcl import read_blocks
from tests.unit.test_exports import row, text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from botocore.model import ServiceModel

    from amitui.domain.image.row import ImageRow

UBUNTU = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20251022"
UBUNTU_FLOATING = "ubuntu/images/*/ubuntu-noble-24.04-arm64-server-20*"

HOSTILE = [
    "${file(\"/etc/passwd\")}",
    "%{ if true }x%{ endif }",
    "$(touch x) `id` 'q' \"d\"; rm -rf ~ | & > < ! #{x}",
    "{{ lookup('pipe', 'id') }} {% raw %} {# x #}",
    "{{resolve:secretsmanager:x}}",
    "a\"\n}\nresource \"x\" \"y\" {}\nimport os\n- name: x\n  shell: id\n",
    "*/ // \\ \\\\ \u2028 alert(1) \u2029 \u0085 \x0c \x00 \x1b]0;x\x07 \u202e",
    "# : - ? & * ! % @ ` [x]: {y}, > |",
    "file:///etc/passwd",
    "-o --filters",
    "é \U0001f600 日本語",
    "''' \"\"\" f'{x}' \\N{DASH} \\x41 \\u0041",
]  # fmt: skip

NAMES = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(
        st.one_of(
            st.sampled_from("${}%\"'`\\\n\r\t #:;-*?![]()|&<>=@/\u2028\u0085"), st.characters(codec="utf-8")
        ),
        max_size=30,
    ),
)

# What is read back of a look-up: owner, filters or ids


def asked(one: ImageRow) -> tuple[str, dict[str, str]]:
    (found,) = lookups([one])
    return found.owner, dict(found.filters)


def from_filters(owners: list[str], filters: list[dict[str, Any]], ids: list[str]) -> tuple[str, dict[str, str]]:
    (owner,) = owners
    read: dict[str, str] = {}
    for one in filters:
        lowered = {name.lower(): value for name, value in one.items()}
        (read[lowered["name"]],) = lowered["values"]
    return owner, read | ({"image-id": ids[0]} if ids else {})


def from_aws(document: str) -> tuple[str, dict[str, str]]:
    (line,) = (line for line in document.splitlines() if not line.startswith("#"))
    command, query, tail = line.partition(" --query ")
    assert shlex.split(query + tail) == [
        "--query",
        "sort_by(Images, &CreationDate)[-1].ImageId",
        "--output",
        "text",
    ]
    call = understood(command)
    valid("DescribeImages", call.parameters)
    return from_filters(
        call.parameters["Owners"], call.parameters.get("Filters", []), call.parameters.get("ImageIds", [])
    )


@cache
def model() -> ServiceModel:
    return get_session().get_service_model("ec2")


def valid(operation: str, parameters: Mapping[str, Any]) -> None:
    shape = model().operation_model(operation).input_shape
    report = ParamValidator().validate(dict(parameters), shape)
    assert not report.has_errors(), report.generate_report()


def from_terraform(document: str) -> tuple[str, dict[str, str]]:
    (block,) = read_blocks(document)
    assert (block.kind, block.labels[0]) == ("data", "aws_ami")
    assert ("most_recent" in block.attributes) != ("include_deprecated" in block.attributes)
    return from_filters(block.attributes["owners"], [one.attributes for one in block.blocks], [])


def from_packer(document: str) -> tuple[str, dict[str, str]]:
    (block,) = read_blocks(document)
    assert (block.kind, block.labels[0]) == ("data", "amazon-ami")
    (owner,) = block.attributes["owners"]
    return owner, block.attributes["filters"]


class Loader(yaml.SafeLoader):  # type: ignore[misc]
    """PyYAML with the tags of CloudFormation and Ansible, and no key twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        assert len(found) == len(node.value)
        return found


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))
Loader.add_constructor("!Ref", lambda loader, node: {"Ref": loader.construct_scalar(node)})
Loader.add_constructor(
    "!FindInMap", lambda loader, node: {"Fn::FindInMap": loader.construct_sequence(node, deep=True)}
)


def from_ansible(document: str) -> tuple[str, dict[str, str]]:
    find, keep = yaml.load(document, Loader)
    options = find["amazon.aws.ec2_ami_info"]
    assert options["region"] == "eu-west-1"
    assert find["register"] in str(keep["ansible.builtin.set_fact"])
    (owner,) = options["owners"]
    # What is not marked is evaluated by Jinja.
    for line in document.splitlines():
        assert re.match(r"\s*(#|.*!unsafe \")", line) or "{{ (ami_" in line or not re.search(r"\{[{%#]", line), (
            line
        )
    return owner, options.get("filters") or {"image-id": options["image_ids"][0]}


def calls_in(document: str) -> list[tuple[str, dict[str, Any], list[Any]]]:
    """(name, keywords, arguments) of the calls of a Python program whose arguments are literals."""
    found = []
    for node in ast.walk(ast.parse(document)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            try:
                keywords = {str(one.arg): ast.literal_eval(one.value) for one in node.keywords}
                found.append((node.func.attr, keywords, [ast.literal_eval(one) for one in node.args]))
            except ValueError:
                continue
    return found


def from_boto3(document: str) -> tuple[str, dict[str, str]]:
    calls = {name: keywords for name, keywords, _ in calls_in(document)}
    assert calls["client"] == {"region_name": "eu-west-1"}
    parameters = calls["describe_images"]
    valid("DescribeImages", parameters)
    return from_filters(parameters["Owners"], parameters.get("Filters", []), parameters.get("ImageIds", []))


def from_cdk(document: str) -> tuple[str, dict[str, str]]:
    ((name, keywords, arguments),) = calls_in(document)
    return from_machine_image(name, keywords, arguments)


def from_machine_image(name: str, keywords: dict[str, Any], arguments: list[Any]) -> tuple[str, dict[str, str]]:
    if name.startswith("generic"):
        ((region, image_id),) = arguments[0].items()
        assert region == "eu-west-1"
        return "", {"image-id": image_id}
    (owner,) = keywords["owners"]
    return owner, {"name": keywords["name"], **{key: value for key, (value,) in keywords["filters"].items()}}


def from_pulumi(document: str) -> tuple[str, dict[str, str]]:
    ((name, keywords, _),) = calls_in(document)
    assert name == "get_ami"
    return from_filters(keywords["owners"], keywords["filters"], [])


def from_typescript(document: str) -> tuple[str, dict[str, str]]:
    """Read by what TypeScript's grammar makes of these few tokens; Node.js reads more of it below."""
    token = re.compile(r'\s+|//[^\n\r\u2028\u2029]*|("(?:[^"\\\n\r]|\\.)*")|[A-Za-z_$][\w$.]*|[{}()\[\],:;=*]')
    at, strings = 0, []
    while at < len(document):
        match = token.match(document, at)
        assert match, document[at : at + 40]
        at = match.end()
        if match[1]:
            strings.append(json.loads(match[1]))
    code = re.sub(r"//[^\n]*\n", "", document).partition(";\n")[2]
    assert code.count("const ") - str(strings).count("const ") <= 1
    return "", {"strings": str(strings[1:])}


READERS: dict[str, Callable[[str], tuple[str, dict[str, str]]]] = {
    "aws": from_aws,
    "terraform": from_terraform,
    "packer": from_packer,
    "ansible": from_ansible,
    "boto3": from_boto3,
    "cdk": from_cdk,
    "pulumi": from_pulumi,
}


@settings(max_examples=60)
@given(NAMES, st.sampled_from(["", "-20261015", " 1790000000"]))
@example(HOSTILE[5], "-20261015")
def test_what_a_parser_reads_back_is_exactly_what_was_meant(name: str, build: str) -> None:
    one = row(name=name + build, owner_id="123456789012", trust=Trust.OWN)
    owner, filters = asked(one)
    floating = floating_pattern(one.name)
    assert filters.get("name") == (floating.pattern if floating else None)
    for kind, reader in READERS.items():
        document = text(kind, one)
        assert reader(document) == ("" if kind == "cdk" and not floating else owner, filters), kind
        assert re.sub(r"[\n ]", "", document).isprintable(), kind
    for kind in ("cdk-ts", "pulumi-ts"):
        _, read = from_typescript(text(kind, one))
        for value in filters.values():
            assert repr(value) in read["strings"], kind


@settings(max_examples=60)
@given(NAMES)
def test_maps_templates_and_records_say_of_a_hostile_name_what_they_say_of_a_plain_one(name: str) -> None:
    one = row(name=name, trust=Trust.OWN)
    (locals_,) = read_blocks(text("terraform-map", one))
    assert list(locals_.attributes["ami_ids"].values()) == [{"eu-west-1": one.image_id}]
    template = yaml.load(text("cloudformation", one), Loader)
    assert list(template["Mappings"].values()) == [{"eu-west-1": {"ImageId": one.image_id}}]
    assert "{{resolve" not in json.dumps(template)
    (line,) = (line for line in text("aws-run", one).splitlines() if not line.startswith("#"))
    assert understood(line).parameters["ImageId"] == one.image_id
    cells = dict(zip(FIELDS, list(csv.reader(io.StringIO(text("csv", one), newline="")))[1], strict=True))
    assert cells["Name"] in (name, f"'{name}")
    assert json.loads(text("json", one))["Images"][0]["Name"] == name


@given(st.text())
def test_a_text_is_quoted_so_that_each_language_reads_it_as_it_is(value: str) -> None:
    assert ast.literal_eval(double_quoted(value)) == value
    assert yaml.load(double_quoted(value), Loader) == value
    assert json.loads(script_string(value)) == value
    for quoted in (double_quoted(value), script_string(value), in_comment(value)):
        assert quoted.isprintable()


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
@pytest.mark.parametrize("kind", ["cdk-ts", "pulumi-ts"])
def test_node_reads_the_programs_in_typescript(kind: str) -> None:
    rows = [
        row(name=f"{name}{build}", image_id=f"ami-{number}{build}", owner_id="123456789012", trust=Trust.OWN)
        for number, name in enumerate(HOSTILE)
        for build in ("", "-20261015")
    ]
    stub = (
        "const said = []; const say = (...words) => said.push(words);\n"
        "const ec2 = { MachineImage: { lookup: say, genericLinux: say } };\n"
        "const aws = { ec2: { getAmiOutput: say } };\n"
    )
    program = re.sub(r"^import .*\n", "", text(kind, *rows))
    done = subprocess.run(
        ["node", "-"],
        input=f'"use strict";\n{stub}{program}\nconsole.log(JSON.stringify(said));\n',
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    said = json.loads(done.stdout)
    for one, (options,) in zip(lookups(rows), said, strict=True):
        if kind == "pulumi-ts":
            assert from_filters(options["owners"], options["filters"], []) == (one.owner, dict(one.filters))
        elif one.pattern:
            assert from_machine_image("lookup", options, []) == (one.owner, dict(one.filters))
        else:
            assert options == {"eu-west-1": one.row.image_id}


HCL_KINDS = ["terraform", "terraform-map", "packer"]


@pytest.mark.parametrize("kind", HCL_KINDS)
def test_a_parser_of_hcl_reads_the_same_blocks(kind: str) -> None:
    hcl2 = pytest.importorskip("hcl2", reason="python-hcl2 is not installed: pip install -e '.[dev]'")
    document = text(kind, *(row(name=f"{name}-20261015", image_id=f"ami-{n}") for n, name in enumerate(HOSTILE)))
    read = hcl2.loads(document)
    ours = read_blocks(document)
    blocks = {kind: found for kind, found in read.items() if not kind.startswith("__")}
    assert {kind: len(found) for kind, found in blocks.items()} == {ours[0].kind: len(ours)}


@pytest.mark.skipif(shutil.which("terraform") is None, reason="Terraform is not installed")
@pytest.mark.parametrize("kind", HCL_KINDS)
def test_terraform_would_write_it_the_same_way(kind: str, tmp_path: Path) -> None:
    document = text(kind, *(row(name=f"{name}-20261015", image_id=f"ami-{n}") for n, name in enumerate(HOSTILE)))
    formatted = subprocess.run(
        ["terraform", "fmt", "-"],
        input=document.encode(),
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        check=True,
    )
    assert formatted.stdout.decode() == document


# What is asked for


def test_the_newest_ubuntu_is_looked_up_by_canonical_and_a_pattern_that_floats() -> None:
    (block,) = read_blocks(text("terraform", row(name=UBUNTU)))
    assert block.attributes == {"most_recent": True, "owners": ["099720109477"]}
    assert [one.attributes for one in block.blocks] == [
        {"name": "name", "values": [UBUNTU_FLOATING]},
        {"name": "architecture", "values": ["arm64"]},
    ]


@pytest.mark.parametrize(
    ("changes", "owner"),
    [
        ({"name": UBUNTU, "owner_alias": "amazon"}, "099720109477"),
        ({"name": UBUNTU, "owner_id": "679593333241", "owner_alias": "aws-marketplace"}, "aws-marketplace"),
        # Amazon's accounts differ between Regions, and of some (Bottlerocket) only the alias is known.
        ({"owner_id": "801119661308", "owner_alias": "amazon"}, "amazon"),
        ({"owner_id": "999988887777", "owner_alias": "amazon"}, "amazon"),
        ({"owner_id": "999988887777", "trust": Trust.UNVERIFIED}, "999988887777"),
        ({"owner_id": "123456789012", "trust": Trust.OWN}, "123456789012"),
    ],
)
def test_a_look_up_names_an_owner_that_nobody_can_forge(changes: dict[str, Any], owner: str) -> None:
    (found,) = lookups([row(**changes)])
    assert found.owner == owner


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"name": "golden"}, "nothing in its name is known to differ between builds"),
        ({"name": ""}, "nothing in its name is known to differ between builds"),
        ({"name": "a␦-20261015"}, "its name holds characters that cannot be shown"),
        ({"name": UBUNTU, "trust": Trust.LOOKALIKE}, "do not look it up by name"),
        ({"name": f"{'*' * 128}-20261015"}, "more than 255 characters"),
    ],
)
def test_an_image_that_no_pattern_can_find_again_is_pinned_and_the_code_says_why(
    changes: dict[str, Any], why: str
) -> None:
    one = row(**changes)
    (found,) = lookups([one])
    assert found.filters == (("image-id", one.image_id),)
    for kind in ("aws", "terraform", "packer", "ansible", "boto3", "cdk", "cdk-ts", "pulumi", "pulumi-ts"):
        assert why in text(kind, one), kind
        assert one.image_id in text(kind, one), kind


def test_a_pattern_that_is_a_guess_is_called_one() -> None:
    assert "Check that the pattern" in text("terraform", row(name="acme-web-20261015"))
    assert "Check that the pattern" not in text("terraform", row(name=UBUNTU))


def test_of_ones_own_builds_only_those_that_are_there_are_found() -> None:
    assert ("state", "available") in lookups([row(name="acme-20261015", trust=Trust.OWN)])[0].filters
    assert ("state", "available") not in lookups([row(name=UBUNTU)])[0].filters


def test_builds_that_one_look_up_finds_are_asked_for_once() -> None:
    builds = [row(name=UBUNTU), row(name=UBUNTU.replace("1022", "0305"), image_id="ami-2")]
    elsewhere = row(name=UBUNTU, region="us-east-1", image_id="ami-3")
    other = row(name=UBUNTU.replace("arm64", "amd64"), architecture="x86_64", image_id="ami-4")
    assert len(read_blocks(text("terraform", *builds, elsewhere, other))) == 2
    regions = [block.attributes["region"] for block in read_blocks(text("packer", *builds, elsewhere, other))]
    assert sorted(regions) == ["eu-west-1", "eu-west-1", "us-east-1"]


def test_every_identifier_is_another_one() -> None:
    names = [
        "web-20261015",
        "WEB-20261015",
        "web_20261015",
        "a b-20261015",
        "a-b-20261015",
        "日本",
        "",
        "1",
        "class",
    ]
    found = lookups(row(name=name, image_id=f"ami-{n}", architecture="") for n, name in enumerate(names))
    for spelled in ("snake", "camel", "pascal"):
        identifiers = [getattr(one, spelled) for one in found]
        assert len(set(identifiers)) == len(found) == len(names)
        assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", one) for one in identifiers)


def test_a_map_has_the_newest_build_of_each_region() -> None:
    rows = [
        row(name=UBUNTU, image_id="ami-new", created=200),
        row(name=UBUNTU.replace("1022", "0305"), image_id="ami-old", created=100),
        row(name=UBUNTU, image_id="ami-us", region="us-east-1", created=200),
        row(name="plain", image_id="ami-plain"),
    ]
    assert [[one.image_id for one in entry.builds] for entry in pinned(rows)] == [
        ["ami-new", "ami-us"],
        ["ami-plain"],
    ]
    (block,) = read_blocks(text("terraform-map", *rows))
    ubuntu, plain = block.attributes["ami_ids"].values()
    assert ubuntu == {"eu-west-1": "ami-new", "us-east-1": "ami-us"}
    assert plain == {"eu-west-1": "ami-plain"}


def test_a_template_of_cloudformation_maps_regions_and_follows_a_public_parameter() -> None:
    template = yaml.load(text("cloudformation", row(name=UBUNTU), row(name="plain", image_id="ami-2")), Loader)
    mapping, other = template["Mappings"]
    ((parameter, about),) = template["Parameters"].items()
    assert about == {
        "Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>",
        "Default": "/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id",
    }
    images = [one["Properties"]["LaunchTemplateData"]["ImageId"] for one in template["Resources"].values()]
    assert images == [
        {"Fn::FindInMap": [mapping, {"Ref": "AWS::Region"}, "ImageId"]},
        {"Ref": parameter},
        {"Fn::FindInMap": [other, {"Ref": "AWS::Region"}, "ImageId"]},
    ]
    assert all(
        re.fullmatch("[A-Za-z0-9]+", name) for name in (*template["Mappings"], *template["Resources"], parameter)
    )


@pytest.mark.parametrize(
    ("changes", "instance_type"),
    [
        ({"architecture": "arm64"}, "t4g.micro"),
        ({"architecture": "x86_64", "flags": ImageFlag.ENA}, "t3.micro"),
        ({"architecture": "x86_64", "flags": ImageFlag(0)}, "t2.micro"),
        ({"architecture": "i386", "flags": ImageFlag(0), "virtualization": "paravirtual"}, "t1.micro"),
        ({"architecture": "arm64_mac"}, "mac2.metal"),
    ],
)
def test_a_launch_names_a_type_that_the_image_runs_on(changes: dict[str, Any], instance_type: str) -> None:
    (line,) = (line for line in text("aws-run", row(**changes)).splitlines() if not line.startswith("#"))
    call = understood(line)
    valid("RunInstances", call.parameters)
    assert call.parameters["InstanceType"] == instance_type
    assert (call.parameters["MinCount"], call.parameters["MaxCount"]) == (1, 1)


def test_windows_is_looked_up_as_windows() -> None:
    windows = row(name="Windows_Server-2022-English-Full-Base-2026.10.15", platform="Windows")
    assert "windows=True" in text("cdk", windows)
    assert "windows: true" in text("cdk-ts", windows)
    assert "generic_windows" in text("cdk", windows._replace(name="plain"))


def test_an_arn_names_the_partition_and_no_account() -> None:
    assert text("arn", row(), row(region="cn-north-1", image_id="ami-2")).splitlines() == [
        "arn:aws:ec2:eu-west-1::image/ami-0123456789abcdef0",
        "arn:aws-cn:ec2:cn-north-1::image/ami-2",
    ]


def test_no_rows_are_no_code() -> None:
    for kind in (
        "aws",
        "aws-run",
        "terraform",
        "terraform-map",
        "packer",
        "ansible",
        "cloudformation",
        "boto3",
        "cdk",
    ):
        assert text(kind) == ""
    assert {name for name in FORMATS if text(name)} == {"csv", "tsv", "json"}
