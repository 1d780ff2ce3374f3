"""The fake EC2 as a process of its own, so that what it costs is not counted as the cost of who asks it.

`python -m tests.support.catalogue_process --images 100000 …` serves until its standard input ends;
`CatalogueProcess` starts one and steers it through that pipe, a line of JSON for each command and each answer.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.ec2.reads.images import keeps
from tests.support.catalogue_changes import ACCOUNT, Churn, add_private, churn, synthetic_catalogue
from tests.support.catalogue_ec2 import LATENCY_S, CatalogueEc2, CatalogueHandler, Counts
from tests.support.fake_ec2 import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.fake_ec2 import Query

PAGE: Final = 1000
COMMUNITY: Final = Shard("aws", PUBLIC, "us-east-1", "community")


class CatalogueProcess:
    """A running fake; `with` ends it.

    Args:
        images: public images of the Region.
        folder: where it keeps them.
        latency: seconds for a page of a thousand images.
        limits: size and refill a second of a bucket; `None`: no limits.
        private: images of the caller's own, and as many of a friend's.
    """

    def __init__(
        self,
        images: int,
        folder: Path,
        *,
        latency: float = LATENCY_S,
        limits: tuple[float, float] | None = (100, 20),
        private: int = 100,
    ) -> None:
        command = [sys.executable, "-m", "tests.support.catalogue_process", "--images", str(images)]
        command += ["--folder", str(folder), "--latency", str(latency), "--private", str(private)]
        command += ["--limits", *map(str, limits)] if limits else []
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._asked = 0
        try:
            self.url: str = self._answer()["url"]
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> CatalogueProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def counts(self) -> Counts:
        """What it was asked and gave since the last time, and fill its buckets again."""
        return Counts(**self._ask("counts"))

    def asked(self) -> bool:
        """Whether a request came since the last time this was asked."""
        total: int = self._ask("asked")["requests"]
        came, self._asked = total != self._asked, total
        return came

    def churn(self, share: float, seed: int) -> Churn:
        """Change a share of the images."""
        return Churn(**self._ask("churn", share=share, seed=seed))

    def community(self) -> int:
        """Images in the scope Community: public, and neither Amazon's, Marketplace's nor a known publisher's."""
        count: int = self._ask("community")["count"]
        return count

    def community_of(self, ids: list[str]) -> list[str]:
        """Which of the images are in the scope Community."""
        found: list[str] = self._ask("community", ids=ids)["ids"]
        return found

    def record(self, image_id: str) -> dict[str, Any]:
        """All of an image."""
        return self._ask("record", id=image_id)

    def close(self) -> None:
        """End it."""
        self._process.communicate()

    def _ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"command": command} | arguments) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the fake EC2 ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


def page_latency(seconds: float) -> Any:
    """A latency by how many images are asked for; all else takes a tenth of a page."""

    def latency(query: Query) -> float:
        if query["Action"] != "DescribeImages":
            return seconds / 10
        return seconds * min(PAGE, int(query.get("MaxResults", PAGE))) / PAGE

    return latency


def serve(fake: CatalogueEc2, commands: Iterator[str]) -> Iterator[dict[str, Any]]:
    """Carry out commands; an answer for each."""
    for line in commands:
        asked = json.loads(line)
        with fake.changing() as catalogue:
            if asked["command"] == "counts":
                counts, fake.counts = fake.counts, Counts()
                fake.requests.clear()
                fake.headers.clear()
                fake.fill_buckets()
                yield {name: getattr(counts, name) for name in Counts.__slots__}
            elif asked["command"] == "asked":
                yield {"requests": sum(fake.counts.requests.values())}
            elif asked["command"] == "record":
                place = catalogue.place(asked["id"])
                yield {} if place is None else catalogue.record(place)
            elif "ids" in asked:
                places = {one: catalogue.place(one) for one in asked["ids"]}
                yield {"ids": [one for one, place in places.items() if place is not None
                               and keeps(COMMUNITY, catalogue.record(place), ACCOUNT)]}  # fmt: skip
            elif asked["command"] == "community":
                yield {"count": sum(keeps(COMMUNITY, record, ACCOUNT) for record in catalogue)}
            else:
                yield asdict(churn(catalogue, asked["share"], seed=asked["seed"], as_of=fake.now))


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--latency", type=float, default=LATENCY_S)
    parser.add_argument("--limits", type=float, nargs=2)
    parser.add_argument("--private", type=int, default=0)
    options = parser.parse_args()
    now = int(time.time())
    catalogue = synthetic_catalogue(options.images, folder=options.folder, as_of=now)
    add_private(catalogue, options.private)
    fake = CatalogueEc2(
        catalogues={"us-east-1": catalogue},
        account=ACCOUNT,
        now=now,
        latency=page_latency(options.latency),
        limits=tuple(options.limits) if options.limits else None,
    )
    with serving(fake, CatalogueHandler), suppress(KeyboardInterrupt):
        print(json.dumps({"url": fake.url}), flush=True)
        for answer in serve(fake, iter(sys.stdin.readline, "")):
            print(json.dumps(answer), flush=True)
    catalogue.close()


if __name__ == "__main__":
    main()
