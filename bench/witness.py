"""Watches the simulated EC2 from a process of its own, to say when images really became available.

`python -m bench.witness URL REGION...` prints a line for each image that is pending no more: its id, when it was
last asked about while pending, and when it was known not to be; both in seconds since the epoch. It ends with its
standard input. It asks by plain HTTP, ten times a second and more cheaply than a client of EC2 could.
"""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from http.client import HTTPConnection
from typing import Final
from urllib.parse import urlencode, urlsplit

from amitui.demo.seed.accounts import MAIN_ACCESS_KEY

PERIOD_S: Final = 0.1

_BODY: Final = urlencode(
    {
        "Action": "DescribeImages",
        "Version": "2016-11-15",
        "Owner.1": "self",
        "Filter.1.Name": "state",
        "Filter.1.Value.1": "pending",
    }
)
_IMAGE_ID: Final = re.compile(rb"<imageId>(ami-[0-9a-f]+)</imageId>")


class Witness:
    """What is pending in some regions, as far as is known.

    Args:
        url: of the demo's EC2.
    """

    def __init__(self, url: str) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
        self._pending: dict[str, dict[bytes, float]] = {}

    def look(self, region: str) -> None:
        """Ask once, and print what has become of what was pending the last time."""
        began = time.time()
        scope = f"{MAIN_ACCESS_KEY}/20260101/{region}/ec2/aws4_request"
        headers = {
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        }
        self._connection.request("POST", "/", _BODY, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(content.decode(errors="replace"))
        ended = time.time()
        before = self._pending.get(region, {})
        self._pending[region] = now = dict.fromkeys(_IMAGE_ID.findall(content), began)
        for image_id, asked in before.items():
            if image_id not in now:
                print(image_id.decode(), repr(asked), repr(ended), flush=True)


def _end_with_stdin() -> None:
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    """Watch until the standard input ends."""
    url, *regions = sys.argv[1:]
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    witness = Witness(url)
    while True:
        began = time.monotonic()
        for region in regions:
            witness.look(region)
        time.sleep(max(0.0, began + PERIOD_S - time.monotonic()))


if __name__ == "__main__":
    main()
