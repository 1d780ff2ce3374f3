"""The worker process of an import reads runs of records as this process does, and is not missed when it dies."""

from __future__ import annotations

import json
import os
import signal

from amitui.catalog.dump.limits import LIMITS
from amitui.catalog.dump.runs import run_records
from amitui.catalog.sync.import_record import packed_run, read_record, read_run, unpacked_run
from amitui.catalog.sync.run_reader import RunReader

HEAD = '{"ImageId":'


def text_of(*more: dict[str, object]) -> str:
    return ",\n".join(
        json.dumps(
            {"ImageId": f"ami-{n:017x}", "Name": f"größe {n} \U0001f40d", "OwnerId": f"{n % 3:012d}", **one}
        )
        for n, one in enumerate(more)
    )


RUNS = [
    text_of({}, {}, {"Public": True}, {"Region": "eu-west-1"}, {"Region": 7}, {"CreationDate": "2024-01-01"}),
    text_of({"Public": True, "Tags": [{"Key": "k", "Value": "v"}]}, {"account_id": "1" * 12}),
    text_of({}, {"InstanceId": "i-1"}),
    text_of({}, {"Size": 10**25}),
    text_of({}, {"ImageId": ""}),
    text_of({}) + "]",
    text_of({"Description": "x" * 1_000}) + ',\n{"Name": "no id"}',
] * 2


def test_a_worker_process_reads_runs_as_this_process_does() -> None:
    here = [read_run(HEAD, text) for text in RUNS]
    assert [run is None for run in here[:7]] == [False, False, True, True, True, True, True]
    reader = RunReader(process=True)
    try:
        # One after the other, so that the worker is idle when the next one comes.
        assert [reader.read(HEAD, text).result() for text in RUNS] == here
        assert reader._process is not None
    finally:
        reader.close()
    assert reader._process is None


def test_what_a_killed_worker_was_given_is_read_here() -> None:
    reader = RunReader(process=True)
    try:
        for text in RUNS:
            reader.read(HEAD, text).result()
        assert reader._process is not None
        os.kill(reader._process.pid, signal.SIGKILL)
        assert [reader.read(HEAD, text).result() for text in RUNS] == [read_run(HEAD, text) for text in RUNS]
    finally:
        reader.close()


def test_a_record_of_a_run_is_what_it_is_by_itself() -> None:
    records = run_records(HEAD, RUNS[0], LIMITS)
    assert records is not None
    run = unpacked_run(packed_run(read_run(HEAD, RUNS[0])))
    assert run is not None
    assert [one.record for one in run] == [read_record(one.record) for one in records]
    assert [one.record.region for one in run] == [None, None, None, "eu-west-1", 7, None]
    assert [one.record.whose[0] for one in run] == [
        "000000000000",
        "000000000001",
        "",
        "000000000000",
        "000000000001",
        "000000000002",
    ]
    assert sum(one.length for one in run) == len(RUNS[0])
