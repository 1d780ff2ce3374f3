from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import closing, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from amitui.demo.launcher import DemoProcess
from amitui.demo.seed.accounts import MAIN_ACCESS_KEY, MAIN_ACCOUNT, SECOND_ACCESS_KEY, SECOND_ACCOUNT
from amitui.demo.seed.records import stamp
from amitui.demo.server.main import build_server, listen
from amitui.demo.server.wire import ApiModel, escape
from amitui.ec2.newer_model import add_newer_shapes
from amitui.errors import AmituiError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from amitui.demo.server.http import DemoHttpServer

AS_OF = 1_795_219_200

SIGNED = {
    "Authorization": f"AWS4-HMAC-SHA256 Credential={MAIN_ACCESS_KEY}/20261121/us-east-1/ec2/aws4_request, "
    "SignedHeaders=host, Signature=0",
    "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
}


@pytest.fixture(scope="module")
def server() -> Iterator[DemoHttpServer]:
    """A server on a thread of this process, on a fixed day."""
    running = build_server(listen(0), as_of=AS_OF).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def process() -> Iterator[DemoProcess]:
    """The server as a process of its own, moto within reach."""
    with DemoProcess() as running:
        yield running


@contextmanager
def client(
    url: str, service: str = "ec2", *, region: str = "us-east-1", key: str = MAIN_ACCESS_KEY
) -> Iterator[Any]:
    botocore_session = botocore.session.Session()
    add_newer_shapes(botocore_session.get_component("data_loader"))
    session = boto3.Session(
        aws_access_key_id=key,
        aws_secret_access_key="demo",
        region_name=region,
        botocore_session=botocore_session,
    )
    config = Config(retries={"total_max_attempts": 1}, proxies={})
    with closing(session.client(service, endpoint_url=url, config=config)) as made:
        yield made


@contextmanager
def connection(url: str) -> Iterator[http.client.HTTPConnection]:
    with closing(http.client.HTTPConnection(url.removeprefix("http://"), timeout=120)) as made:
        yield made


def code_of(caught: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response: Any = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def plain(value: Any) -> Any:
    """A parsed answer with its times as text again."""
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [plain(member) for member in value]
    return stamp(int(value.timestamp())) if isinstance(value, datetime) else value


# In the words of boto3


def test_boto3_reads_every_record_as_the_cloud_holds_it(server: DemoHttpServer) -> None:
    held = {
        image.image_id: image.seen_by(MAIN_ACCOUNT)
        for image in server.dispatcher.cloud.images("us-east-1")
        if image.visible_to(MAIN_ACCOUNT)
    }
    with client(server.url) as ec2:
        pages = ec2.get_paginator("describe_images").paginate(
            IncludeDeprecated=True, IncludeDisabled=True, PaginationConfig={"PageSize": 1000}
        )
        read = {image["ImageId"]: plain(image) for page in pages for image in page["Images"]}

    assert read == held


def test_filters_and_owners_arrive_as_they_were_sent(server: DemoHttpServer) -> None:
    with client(server.url) as ec2:
        found = ec2.describe_images(
            Owners=["099720109477"],
            Filters=[
                {"Name": "name", "Values": ["ubuntu/images/*noble*arm64*", "nothing"]},
                {"Name": "state", "Values": ["available"]},
            ],
        )["Images"]

    assert len(found) == 3
    assert {image["Architecture"] for image in found} == {"arm64"}


def test_the_access_key_says_which_account_is_asking(server: DemoHttpServer) -> None:
    with client(server.url, "sts") as main, client(server.url, "sts", key=SECOND_ACCESS_KEY) as second:
        assert main.get_caller_identity()["Account"] == MAIN_ACCOUNT
        assert second.get_caller_identity()["Account"] == SECOND_ACCOUNT
    with client(server.url, key=SECOND_ACCESS_KEY) as ec2:
        owners = {image["OwnerId"] for image in ec2.describe_images(Owners=["self"])["Images"]}
    assert owners == {SECOND_ACCOUNT}


def test_each_region_has_its_own_ids(server: DemoHttpServer) -> None:
    def ids(region: str) -> set[str]:
        with client(server.url, region=region) as ec2:
            return {image["ImageId"] for image in ec2.describe_images(Owners=["136693071363"])["Images"]}

    assert ids("us-east-1")
    assert not ids("us-east-1") & ids("eu-west-1")


def test_a_disabled_region_refuses_the_key(server: DemoHttpServer) -> None:
    with client(server.url, region="me-south-1") as ec2, pytest.raises(ClientError) as caught:
        ec2.describe_images(Owners=["self"])

    assert code_of(caught) == ("AuthFailure", 401)


def test_regions_are_listed_with_their_opt_in_status(server: DemoHttpServer) -> None:
    with client(server.url) as ec2:
        listed = ec2.describe_regions(AllRegions=True)["Regions"]

    assert {region["OptInStatus"] for region in listed} == {"opt-in-not-required", "opted-in", "not-opted-in"}


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"Filters": [{"Name": "colour", "Values": ["red"]}]}, "InvalidParameterValue"),
        ({"ImageIds": ["ami-00000000000000000"]}, "InvalidAMIID.NotFound"),
        ({"ImageIds": ["nonsense"]}, "InvalidAMIID.Malformed"),
        ({"NextToken": "nonsense"}, "InvalidNextToken"),
        ({"Owners": ["nobody"]}, "InvalidUserID.Malformed"),
    ],
)
def test_refusals_reach_boto3_as_client_errors(
    server: DemoHttpServer, params: dict[str, Any], expected: str
) -> None:
    with client(server.url) as ec2, pytest.raises(ClientError) as caught:
        ec2.describe_images(**params)

    assert code_of(caught) == (expected, 400)


def test_launch_permissions_are_for_the_owner(server: DemoHttpServer) -> None:
    with client(server.url) as ec2:
        mine = ec2.describe_images(ExecutableUsers=[SECOND_ACCOUNT], Owners=["self"])["Images"][0]["ImageId"]
        listed = ec2.describe_image_attribute(ImageId=mine, Attribute="launchPermission")["LaunchPermissions"]
        assert {"UserId": SECOND_ACCOUNT} in listed

        foreign = ec2.describe_images(Owners=["amazon"], MaxResults=5)["Images"][0]["ImageId"]
        with pytest.raises(ClientError) as caught:
            ec2.describe_image_attribute(ImageId=foreign, Attribute="launchPermission")
    assert code_of(caught) == ("AuthFailure", 403)


# In the words of HTTP


def test_connections_are_kept_open(server: DemoHttpServer) -> None:
    body = "Action=DescribeRegions&Version=2016-11-15"
    with connection(server.url) as kept:
        kept.connect()
        local = kept.sock.getsockname()
        for _ in range(3):
            kept.request("POST", "/", body, SIGNED)
            assert b"<DescribeRegionsResponse" in kept.getresponse().read()
        assert kept.sock.getsockname() == local


def test_parameters_that_ec2_does_not_have_are_refused(server: DemoHttpServer) -> None:
    with connection(server.url) as http_connection:
        http_connection.request("POST", "/", "Action=DescribeImages&Colour=red", SIGNED)
        answer = http_connection.getresponse()

        assert answer.status == 400
        assert b"<Code>UnknownParameter</Code>" in answer.read()


def test_a_browser_is_told_what_this_is_and_an_unsigned_request_what_it_lacks(server: DemoHttpServer) -> None:
    with connection(server.url) as http_connection:
        http_connection.request("GET", "/")
        assert b"a simulated EC2" in http_connection.getresponse().read()
        http_connection.request("GET", "/?Action=DescribeImages")
        answer = http_connection.getresponse()
        assert (answer.status, b"MissingAuthenticationToken" in answer.read()) == (403, True)


def test_a_request_beyond_all_bounds_is_not_read(server: DemoHttpServer) -> None:
    with connection(server.url) as http_connection:
        http_connection.request("POST", "/", headers=SIGNED | {"Content-Length": "99999999999"})

        assert http_connection.getresponse().status == 413


def test_text_that_xml_cannot_carry_is_replaced_and_markup_is_escaped() -> None:
    assert escape("<b>&\x00\x1b[31m\ud800") == "&lt;b&gt;&amp;\ufffd\ufffd[31m\ufffd"
    assert escape("a\r\nb\tc \u202e \x9b") == "a&#13;\nb\tc \u202e \x9b"


def test_the_shape_walker_leaves_out_what_is_none_and_writes_every_kind_of_value() -> None:
    model = ApiModel.load()
    image = {"ImageId": "ami-1", "Name": None, "Public": False, "ImageWatermarks": [{"WatermarkCreationTime": 0}]}

    written = model.answer("DescribeImages", {"Images": [image]}, "id").decode()

    assert "<isPublic>false</isPublic>" in written
    assert "<watermarkCreationTime>1970-01-01T00:00:00.000Z</watermarkCreationTime>" in written
    assert "<name>" not in written


def test_parameters_of_other_operations_are_read_by_their_shapes_too() -> None:
    form = {
        "Action": "RegisterImage",
        "Name": "x",
        "EnaSupport": "true",
        "BlockDeviceMapping.1.DeviceName": "/dev/sda1",
        "BlockDeviceMapping.1.Ebs.VolumeSize": "8",
        "BlockDeviceMapping.2.DeviceName": "/dev/sdb",
    }

    assert ApiModel.load().parameters("RegisterImage", form) == {
        "Name": "x",
        "EnaSupport": True,
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8}},
            {"DeviceName": "/dev/sdb"},
        ],
    }


# What moto answers, in a process of its own


def test_instances_are_launched_by_moto_from_images_of_the_demo(process: DemoProcess) -> None:
    with client(process.url) as ec2:
        image = ec2.describe_images(Owners=["self"], MaxResults=5)["Images"][0]["ImageId"]
        made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.micro")["Instances"]
        reservations = ec2.describe_instances(InstanceIds=[made[0]["InstanceId"]])["Reservations"]

    assert reservations[0]["Instances"][0]["ImageId"] == image
    assert reservations[0]["OwnerId"] == MAIN_ACCOUNT


def test_moto_keeps_the_accounts_apart(process: DemoProcess) -> None:
    with client(process.url) as main, client(process.url, key=SECOND_ACCESS_KEY) as second:
        mine = {vpc["VpcId"] for vpc in main.describe_vpcs()["Vpcs"]}
        theirs = {vpc["VpcId"] for vpc in second.describe_vpcs()["Vpcs"]}

    assert mine
    assert not mine & theirs


def test_what_nobody_knows_is_an_unsupported_operation(process: DemoProcess) -> None:
    with client(process.url) as ec2:
        with pytest.raises(ClientError) as by_the_cloud:
            ec2.describe_import_image_tasks()
        with pytest.raises(ClientError) as by_moto:
            ec2.describe_ipam_pools()
    with client(process.url, "autoscaling") as autoscaling, pytest.raises(ClientError) as elsewhere:
        autoscaling.put_scaling_policy(AutoScalingGroupName="web", PolicyName="more")
    with client(process.url, "ssm") as ssm, pytest.raises(ClientError) as in_json:
        ssm.describe_patch_properties(OperatingSystem="UBUNTU", Property="PRODUCT")

    for caught in (by_the_cloud, by_moto, elsewhere, in_json):
        assert code_of(caught) == ("UnsupportedOperation", 400)


def test_without_moto_the_own_operations_still_work_and_others_say_what_to_install(
    server: DemoHttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "moto", None)
    monkeypatch.setitem(sys.modules, "moto.moto_server.werkzeug_app", None)
    with client(server.url) as ec2:
        assert ec2.describe_images(Owners=["self"], MaxResults=5)["Images"]
        with pytest.raises(ClientError, match=r"amitui\[demo\]") as caught:
            ec2.describe_vpcs()

    assert code_of(caught) == ("UnsupportedOperation", 400)


@pytest.mark.skipif(shutil.which("aws") is None, reason="the AWS CLI is not installed")
def test_the_aws_cli_reads_the_demo(process: DemoProcess, tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_ACCESS_KEY_ID": MAIN_ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": "demo",
        "AWS_DEFAULT_REGION": "us-west-2",
    }
    command = ["aws", "ec2", "describe-images", "--owners", "self", "--endpoint-url", process.url]
    run = subprocess.run(
        [*command, "--output", "json"], env=environment, capture_output=True, text=True, timeout=120, check=True
    )

    images = json.loads(run.stdout)["Images"]
    assert len(images) > 20
    assert {image["OwnerId"] for image in images} == {MAIN_ACCOUNT}


# The process


def hang_up(url: str) -> None:
    """Wait until the server at the other end of a connection is gone."""
    host, _, port = url.removeprefix("http://").partition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=120) as waiting:
            assert waiting.recv(1) == b""
    except (ConnectionResetError, ConnectionRefusedError):  # it went before, or between the two
        return


def refuses(url: str) -> bool:
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.socket() as trying:
        return trying.connect_ex((host, int(port))) != 0


def test_stopping_leaves_no_process_behind() -> None:
    demo = DemoProcess().start()
    url = demo.url
    assert not refuses(url)

    demo.stop()
    demo.stop()

    assert refuses(url)


def test_the_server_ends_when_its_parent_is_killed() -> None:
    code = (
        "from amitui.demo.launcher import DemoProcess\n"
        "demo = DemoProcess().start(); print(demo.url, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        url = parent.stdout.readline().strip()
        assert not refuses(url)
        parent.send_signal(signal.SIGKILL)
        parent.wait(120)

    hang_up(url)


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(process: DemoProcess) -> None:
    child = process._child
    assert child is not None

    assert os.getpgid(child.pid) != os.getpgid(0)


def test_a_folder_full_of_traps_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "socket.py").write_text("raise SystemExit('trapped')")
    (tmp_path / "random.py").write_text("raise SystemExit('trapped')")
    monkeypatch.chdir(tmp_path)

    with DemoProcess() as demo, client(demo.url) as ec2:
        assert ec2.describe_images(Owners=["self"], MaxResults=5)["Images"]


def test_the_server_sees_no_credentials_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no such profile")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    with DemoProcess() as demo, connection(demo.url) as http_connection:
        http_connection.request("POST", "/", "Action=DescribeVpcs&Version=2016-11-15", SIGNED)
        assert b"<vpcId>" in http_connection.getresponse().read()


def test_a_port_in_use_is_said_to_be() -> None:
    with listen(0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=str(port)):
            listen(port)
        with DemoProcess(port=port) as demo, pytest.raises(AmituiError) as caught:
            demo.wait_ready(30)

    assert "in use" in caught.value.why
    with pytest.raises(UsageError):
        listen(70_000)


@pytest.mark.parametrize(("sent", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_in_the_foreground_it_says_where_it_is_and_ends_quietly(sent: signal.Signals, expected: int) -> None:
    code = "from amitui.demo.launcher import run_foreground; raise SystemExit(run_foreground(0))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as demo:
        assert demo.stdout
        url = demo.stdout.readline().strip()
        with client(url) as ec2:
            assert ec2.describe_vpcs()["Vpcs"], "moto has been loaded and has said nothing"
        demo.send_signal(sent)
        try:
            rest, complaints = demo.communicate(timeout=120)
        finally:
            demo.kill()  # leaving the block waits for it

    assert (demo.returncode, rest) == (expected, "")
    before, _, after = complaints.partition(f"\n  amitui --endpoint-url {url}\n")
    assert "export AWS_ACCESS_KEY_ID=" in before, "credentials come first: without them amitui asks for some"
    assert f"\n  aws ec2 describe-images --owners self --endpoint-url {url}\n" in f"\n{after}"
    assert max(map(len, complaints.splitlines())) < 80
    assert "Traceback" not in complaints
    assert complaints.rstrip().endswith("second account.")
