"""The demo's server is for programs of this machine: no web page drives it, whatever its host claims to be."""

from __future__ import annotations

import http.client
from contextlib import closing
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from amitui.demo.seed.accounts import MAIN_ACCESS_KEY
from amitui.demo.server.main import build_server, listen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from amitui.demo.server.http import DemoHttpServer

AS_OF = 1_795_219_200
PAGE = "https://evil.example"
FORM = "Action=DescribeRegions&Version=2016-11-15"


def signed(service: str = "ec2", **more: str) -> dict[str, str]:
    scope = f"{MAIN_ACCESS_KEY}/20261121/us-east-1/{service}/aws4_request"
    return {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }


@pytest.fixture(scope="module")
def server() -> Iterator[DemoHttpServer]:
    running = build_server(listen(0), as_of=AS_OF).start()
    yield running
    running.stop()


def ask(
    server: DemoHttpServer,
    headers: Mapping[str, str],
    *,
    method: str = "POST",
    path: str = "/",
    body: str = FORM,
    hosts: tuple[str, ...] | None = None,
) -> tuple[int, str, dict[str, str]]:
    """One request as it stands: nothing is added to it but its length."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)) as made:
        made.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for host in (f"127.0.0.1:{server.port}",) if hosts is None else hosts:
            made.putheader("Host", host)
        for name, value in headers.items():
            made.putheader(name, value)
        made.putheader("Content-Length", str(len(body)))
        made.endheaders(body.encode())
        answer = made.getresponse()
        text = answer.read().decode()
        return answer.status, text, {name.lower(): value for name, value in answer.getheaders()}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_names_of_this_machine_are_answered(server: DemoHttpServer, host: str) -> None:
    status, text, _ = ask(server, signed(), hosts=(f"{host}:{server.port}",))
    assert (status, "us-east-1" in text) == (200, True)


@pytest.mark.parametrize(
    "hosts",
    [
        (),
        ("evil.example:{port}",),
        ("evil.example",),
        ("127.0.0.1",),
        ("localhost",),
        ("127.0.0.1:1",),
        ("127.0.0.1.evil.example:{port}",),
        ("localhost.evil.example:{port}",),
        ("evil.example@127.0.0.1:{port}",),
        ("0.0.0.0:{port}",),
        ("127.0.0.2:{port}",),
        ("2130706433:{port}",),
        ("127.0.0.1:{port}", "evil.example:{port}"),
        (":{port}",),
    ],
)
def test_other_hosts_are_refused(server: DemoHttpServer, hosts: tuple[str, ...]) -> None:
    named = tuple(host.format(port=server.port) for host in hosts)
    status, text, headers = ask(server, signed(), hosts=named)
    assert status == 403
    assert "us-east-1" not in text
    assert not [name for name in headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "more",
    [
        {"Origin": PAGE},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8000"},
        {"Referer": f"{PAGE}/page"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": ""},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_a_web_page_asks_for_is_refused(server: DemoHttpServer, more: dict[str, str], method: str) -> None:
    status, text, headers = ask(server, signed(**more), method=method)
    assert status == 403
    assert "us-east-1" not in text
    assert not [name for name in headers if name.startswith("access-control")]


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT"])
def test_no_preflight_and_no_other_method_is_answered(server: DemoHttpServer, method: str) -> None:
    asks = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    status, _, headers = ask(server, {**signed(Origin=PAGE), **asks}, method=method, body="")
    assert status in (403, 501)
    assert not [name for name in headers if name.startswith("access-control")]


@pytest.mark.parametrize("service", ["ec2", "iam", "ssm", "autoscaling", "sts"])
def test_nothing_of_moto_tells_a_browser_that_a_page_may_read_it(server: DemoHttpServer, service: str) -> None:
    forms = {
        "ec2": "Action=DescribeVpcs&Version=2016-11-15",
        "iam": "Action=ListInstanceProfiles&Version=2010-05-08",
        "autoscaling": "Action=DescribeAutoScalingGroups&Version=2011-01-01",
        "sts": "Action=GetSessionToken&Version=2011-06-15",
    }
    kind = {"X_Amz_Target": "AmazonSSM.DescribeParameters"} if service == "ssm" else {}
    headers = signed(service, **kind)
    if service == "ssm":
        headers["Content-Type"] = "application/x-amz-json-1.1"
    status, _, answered = ask(server, headers, body=forms.get(service, "{}"))
    assert status == 200
    assert not [name for name in answered if name.startswith("access-control")]


@pytest.mark.parametrize(
    "path", ["/moto-api/", "/moto-api/reset", "/moto-api/data.json", "/_moto", "/bucket", "/x/.."]
)
@pytest.mark.parametrize("credentials", [True, False])
def test_no_path_but_the_root_leads_anywhere(server: DemoHttpServer, path: str, credentials: bool) -> None:
    for service in ("ec2", "iam", "ssm"):
        status, text, _ = ask(server, signed(service) if credentials else {}, path=path)
        assert status == 404
        assert "moto" not in text.lower()


@pytest.mark.parametrize(
    "service", ["s3", "sqs", "dynamodb", "lambda", "secretsmanager", "moto_api", "EC2", "ec2.x"]
)
def test_other_services_are_not_there(server: DemoHttpServer, service: str) -> None:
    status, text, _ = ask(server, signed(service), body="Action=ListQueues&Version=2012-11-05")
    assert status == 400
    assert "UnsupportedOperation" in text


def test_no_other_header_or_parameter_chooses_a_service(server: DemoHttpServer) -> None:
    """What is checked is what moto is asked."""
    headers = signed("ec2", X_Amz_Target="DynamoDB_20120810.ListTables", X_Moto_Account_Id="999999999999")
    scope = f"{MAIN_ACCESS_KEY}/20261121/us-east-1/sqs/aws4_request"
    status, text, _ = ask(server, headers, body=f"{FORM}&X-Amz-Credential={scope}")
    assert (status, "DescribeRegionsResponse" in text) == (200, True)
    other = {**headers, "Authorization": f"AWS4-HMAC-SHA256 x Credential={scope}, Credential={MAIN_ACCESS_KEY}/1"}
    status, text, _ = ask(server, other)
    assert status == 400


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_boto3_is_answered_as_before(server: DemoHttpServer, host: str) -> None:
    session = boto3.Session(
        aws_access_key_id=MAIN_ACCESS_KEY, aws_secret_access_key="demo", region_name="us-east-1"
    )
    config = Config(retries={"total_max_attempts": 1}, proxies={})

    def client(service: str) -> Any:
        return closing(session.client(service, endpoint_url=f"http://{host}:{server.port}", config=config))

    with client("ec2") as ec2, client("sts") as sts, client("iam") as iam, client("ssm") as ssm:
        assert ec2.describe_images(Owners=["self"])["Images"]
        assert ec2.describe_vpcs()["Vpcs"]
        assert sts.get_caller_identity()["Account"]
        assert "InstanceProfiles" in iam.list_instance_profiles()
        ssm.put_parameter(Name=f"/golden/{host}", Value="ami-1", Type="String")
        assert ssm.get_parameters(Names=[f"/golden/{host}"])["Parameters"][0]["Value"] == "ami-1"
    with client("sns") as sns, pytest.raises(ClientError) as caught:
        sns.list_topics()
    response: Any = caught.value.response
    assert response["Error"]["Code"] == "UnsupportedOperation"
