"""A fake of EC2, STS and Organizations with many accounts: `python -m bench.accounts_fake`.

Each account has own images in each Region. EC2's limits are kept for each account and Region: a bucket of 100
calls that gets 20 a second. `/counts` says what was asked since it was asked the last time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qs

from aiohttp import web

from tests.support.catalogue_ec2 import Bucket
from tests.support.ec2_xml import error_xml, response_xml
from tests.support.fake_ec2 import assumed_account

FIRST_ACCOUNT: Final = 100_000_000_000
HUB: Final = str(FIRST_ACCOUNT)
"""The account whose keys are in the config; it lists the others and assumes their roles."""
_SIZE: Final = 20
"""Accounts a page of Organizations."""


def account_number(number: int) -> str:
    """The id of an account."""
    return str(FIRST_ACCOUNT + number)


class Fake:
    """The state.

    Args:
        images: own ones of an account in a Region.
        latency_s: before each answer.
    """

    def __init__(self, accounts: int, images: int, latency_s: float) -> None:
        self._accounts = accounts
        self._images = images
        self._latency_s = latency_s
        self._buckets: dict[tuple[str, str, str], Bucket] = {}
        self._pages: dict[tuple[str, str], str] = {}
        self._calls: Counter[str] = Counter()
        self._throttled = self._under_way = self._most = self._connections = 0
        self._peers: set[object] = set()

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one request."""
        authorization = request.headers.get("Authorization", "")
        account = assumed_account(authorization) or HUB
        _, _, region, service, *_ = (authorization.partition("Credential=")[2] + "////").split("/")
        target = request.headers.get("X-Amz-Target", "")
        form = {name: values[0] for name, values in parse_qs(await request.text()).items()}
        action = target.rpartition(".")[2] or form.get("Action", "")
        self._calls[action] += 1
        self._peers.add(request.transport)
        self._under_way += 1
        self._most = max(self._most, self._under_way)
        try:
            if service == "ec2" and not self._buckets.setdefault((account, region, action), Bucket()).take():
                self._throttled += 1
                return _xml(error_xml("RequestLimitExceeded", "Request limit exceeded."), 503)
            await asyncio.sleep(self._latency_s)
            return self._said(action, account, region, form, await request.read())
        finally:
            self._under_way -= 1

    def _said(self, action: str, account: str, region: str, form: dict[str, str], body: bytes) -> web.Response:
        if action == "DescribeImages":
            return _xml(self._page(account, region) if form.get("Owner.1") == "self" else response_xml(action, {}))
        if action == "GetCallerIdentity":
            arn = f"<Arn>arn:aws:iam::{account}:user/bench</Arn>"
            return _sts(action, f"{arn}<UserId>U</UserId><Account>{account}</Account>")
        if action == "AssumeRole":
            wanted = form["RoleArn"].split(":")[4]
            keys = (
                f"<AccessKeyId>ASIA{wanted}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
                "<SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>"
            )
            user = f"<AssumedRoleId>A:x</AssumedRoleId><Arn>{form['RoleArn']}</Arn>"
            return _sts(action, f"<Credentials>{keys}</Credentials><AssumedRoleUser>{user}</AssumedRoleUser>")
        if action == "ListAccounts":
            begin = int(json.loads(body).get("NextToken") or 0)
            entries = [
                {"Id": account_number(number), "Name": f"team-{number:02d}", "Status": "ACTIVE"}
                for number in range(begin, min(begin + _SIZE, self._accounts))
            ]
            following = {"NextToken": str(begin + _SIZE)} if begin + _SIZE < self._accounts else {}
            return web.json_response({"Accounts": entries, **following}, content_type="application/x-amz-json-1.1")
        return _xml(error_xml("InvalidAction", action), 400)

    def _page(self, account: str, region: str) -> str:
        key = account, region
        if key not in self._pages:
            images = [_image(account, region, number) for number in range(self._images)]
            self._pages[key] = response_xml("DescribeImages", {"Images": images})
        return self._pages[key]

    async def counts(self, _request: web.Request) -> web.Response:
        """What was asked since the last time."""
        found = {
            "calls": dict(self._calls),
            "throttled": self._throttled,
            "at_once": self._most,
            "connections": len(self._peers),
        }
        self._calls, self._throttled, self._most, self._peers = Counter(), 0, 0, set()
        return web.json_response(found)


def _image(account: str, region: str, number: int) -> dict[str, Any]:
    digest = sha256(f"{account} {region} {number}".encode()).hexdigest()
    image_id = f"ami-{digest[:17]}"
    day = f"2026-{number % 10 + 1:02d}-{number % 27 + 1:02d}T10:00:00.000Z"
    return {
        "ImageId": image_id,
        "Name": f"web-{number // 5}-2026{number % 10 + 1:02d}{number % 27 + 1:02d}",
        "OwnerId": account,
        "CreationDate": day,
        "State": "available",
        "Architecture": "x86_64",
        "RootDeviceType": "ebs",
        "RootDeviceName": "/dev/xvda",
        "ImageType": "machine",
        "Public": False,
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": f"snap-{image_id[4:]}", "VolumeSize": 8}}
        ],
        "Tags": [{"Key": "Team", "Value": account[-2:]}],
    }


def _sts(action: str, result: str) -> web.Response:
    return _xml(
        f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result>{result}'
        f"</{action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{action}Response>"
    )


def _xml(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/xml")


async def _serve(fake: Fake) -> None:
    application = web.Application(client_max_size=10**7)
    application.router.add_get("/counts", fake.counts)
    application.router.add_post("/", fake.answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    server = site._server
    assert isinstance(server, asyncio.Server)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=40)
    parser.add_argument("--images", type=int, default=25)
    parser.add_argument("--latency", type=float, default=0.12)
    options = parser.parse_args()
    asyncio.run(_serve(Fake(options.accounts, options.images, options.latency)))


if __name__ == "__main__":
    main()
