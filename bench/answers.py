"""What reading an answer to DescribeImages costs, step by step, and what stood in its place: docs/performance.md.

`python -m bench.answers` prints CPU time for 1,000 made-up images, the least of several rounds.
"""

from __future__ import annotations

import gc
import json
import time
import zlib
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import botocore.session
from botocore.parsers import EC2QueryParser

from amitui.catalog.index.prepared import packed_row, prepared
from amitui.catalog.stored_form import digest_of, line_of, packed
from amitui.catalog.sync.page import OPERATION, PageReader
from amitui.catalog.sync.page_process import PageProcess
from amitui.demo.seed.synthetic import synthetic_records
from amitui.ec2.convert import summary_of
from amitui.ec2.parse import ResponseReader
from amitui.ec2.response_table import table_of
from tests.support.ec2_xml import response_xml
from tests.support.pages import EVERYTHING, REGION

PAGES: Final = 10
ROUNDS: Final = 5

_T = TypeVar("_T")
_R = TypeVar("_R")


def milliseconds(
    label: str, work: Callable[[_T], _R], pages: Sequence[_T], *, collected: bool = False
) -> list[_R]:
    """Print what a step costs, and return what it makes of each page.

    Args:
        collected: with the garbage collector on, as in the process of the screen; workers have it off.
    """
    best = float("inf")
    for _ in range(ROUNDS):
        if collected:
            gc.enable()
        started = time.process_time()
        for page in pages:
            work(page)
        best = min(best, time.process_time() - started)
        gc.disable()
    print(f"{label:58}{best / len(pages) * 1000:8.1f} ms", flush=True)
    return [work(page) for page in pages]


def main() -> None:
    """Measure and print."""
    gc.disable()
    pages = [list(synthetic_records(1000, REGION, seed=seed)) for seed in range(PAGES)]
    bodies = [response_xml(OPERATION, {"Images": page}).encode() for page in pages]
    shape = botocore.session.Session().get_service_model("ec2").operation_model(OPERATION).output_shape
    table = table_of(shape)
    theirs, ours, page_reader = EC2QueryParser(), ResponseReader(table, str), PageReader(table)

    def by_botocore(body: bytes) -> Any:
        return theirs.parse({"body": body, "headers": {}, "status_code": 200, "context": {}}, shape)

    milliseconds("parse: botocore, garbage collector on", by_botocore, bodies[:3], collected=True)
    milliseconds("parse: botocore", by_botocore, bodies[:3])
    milliseconds(
        "parse: tree of elements, collector on", lambda body: ours._read_tree(body, ""), bodies, collected=True
    )
    milliseconds("parse: tree of elements", lambda body: ours._read_tree(body, ""), bodies)
    milliseconds("parse: plain, collector on", ours.read, bodies, collected=True)
    milliseconds("parse: plain", ours.read, bodies)
    milliseconds("lines: json", lambda page: [json.dumps(each, separators=(",", ":")) for each in page], pages)
    lines = milliseconds("lines: orjson", lambda page: [line_of(each) for each in page], pages)
    milliseconds("compress: zlib 6", lambda each: zlib.compress(b"\n".join(each), 6), lines)
    milliseconds("compress: Zstandard 3", packed, lines)
    milliseconds("digests", lambda each: [digest_of(line) for line in each], lines)
    summaries = milliseconds("summaries", lambda page: [summary_of(each) for each in page], pages)
    rows = milliseconds("rows for the index", lambda page: [prepared(each) for each in page], summaries)
    milliseconds("rows packed", lambda page: [packed_row(each) for each in page], rows)
    milliseconds("a page in all, in this process", lambda body: page_reader.read(body, EVERYTHING), bodies)
    process = PageProcess(table)
    try:
        milliseconds(
            "a page by a worker, what it costs this process", lambda body: process.read(body, EVERYTHING), bodies
        )
    finally:
        process.close()


if __name__ == "__main__":
    main()
