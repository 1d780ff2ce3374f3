"""`amitui ops`: what it lists, how it follows, and that it asks nobody for anything."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from amitui.cli import main
from amitui.cli.ops import LATELY_S, OpsRequest, ops
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import Event, EventKind, planned
from amitui.domain.operations.plan import Call, Plan, Watch
from amitui.operations.journal import Journal
from amitui.paths import locate
from amitui.settings import Settings

NOW = 1_790_000_000.0
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with folders of their own, which the command line finds too."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2", "AMITUI_PROFILE", "AMITUI_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AMITUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("AMITUI_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    return Settings(locate({"HOME": str(tmp_path)}, state_dir=str(tmp_path / "state")))


@pytest.fixture
def journal(settings: Settings) -> Iterator[Journal]:
    with Journal.open(settings.locations.journal_file) as opened:
        yield opened


def begin(
    journal: Journal, operation_id: str, at: float = NOW, *, region: str = "eu-west-1", profile: str = "dev"
) -> None:
    plan = Plan(
        kind=OperationKind.COPY,
        title=f"Copy {operation_id} to {region}",
        region=region,
        subject="ami-0123456789abcdef0",
        steps=(
            Call("copy_image", region, {"Name": operation_id, "SourceRegion": "us-east-1"}, "copy the image"),
            Watch("image", region, "", ("available",), ("failed",)),
        ),
    )
    journal.append(
        planned(operation_id, plan, at, account="123456789012", profile=profile, batch="", driver=journal.driver)
    )


def say(journal: Journal, operation_id: str, kind: EventKind, at: float, /, **data: Any) -> None:
    journal.append(Event(operation_id, at, kind, data))


def copy_under_way(journal: Journal, operation_id: str, at: float = NOW) -> None:
    begin(journal, operation_id, at)
    say(journal, operation_id, EventKind.SENDING, at + 1, step=0)
    say(journal, operation_id, EventKind.ACCEPTED, at + 2, step=0, made="ami-0fedcba9876543210")
    say(journal, operation_id, EventKind.OBSERVED, at + 10, step=1, state="pending", progress=10)
    say(journal, operation_id, EventKind.OBSERVED, at + 20, step=1, state="pending", progress=20)


def run(settings: Settings, *, at: float = NOW + 30, **request: Any) -> int:
    return ops(settings, OpsRequest(**request), now=lambda: at, sleep=_never)


def _never(_: float) -> None:
    raise AssertionError("it waits without anything to wait for")


def test_without_a_journal_nothing_is_listed_and_none_is_made(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(settings) == 1
    assert run(settings, output="json") == 1
    printed = capsys.readouterr()
    assert printed.out == "[]\n"
    assert "no operations" in printed.err
    assert not Path(settings.locations.state).exists()


def test_a_table_says_where_each_operation_stands(
    settings: Settings, journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    copy_under_way(journal, "web-7")
    begin(journal, "web-8", NOW + 5)
    say(
        journal,
        "web-8",
        EventKind.FAILED,
        NOW + 9,
        what="EC2 refused to copy",
        why="no such key",
        remedy="",
        code="X",
    )
    assert run(settings) == 0
    head, newer, older = capsys.readouterr().out.splitlines()
    assert head.split() == ["BEGAN", "TOOK", "REGION", "PROFILE", "OPERATION", "STATE"]
    assert "Copy web-8 to eu-west-1" in newer
    assert newer.endswith("failed: EC2 refused to copy: no such key")
    assert "waiting until the image is available, now pending, 20%, about 1 min left" in older
    assert older.split()[1] == "30s"


def test_json_has_one_object_an_operation(
    settings: Settings, journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    copy_under_way(journal, "web-7")
    assert run(settings, output="json") == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["OperationId"], found["State"], found["Kind"]) == ("web-7", "waiting", "copy")
    assert (found["ImageId"], found["Progress"], found["EstimateSeconds"]) == ("ami-0fedcba9876543210", 20, 70)
    assert (found["AccountId"], found["Profile"], found["Driven"]) == ("123456789012", "dev", True)
    assert found["Calls"] == [
        {
            "Api": "copy_image",
            "Region": "eu-west-1",
            "Parameters": {"Name": "web-7", "SourceRegion": "us-east-1"},
        }
    ]


def test_the_audit_trail_says_who_what_when_and_with_which_result(
    settings: Settings, journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    copy_under_way(journal, "web-7")
    begin(journal, "web-8", NOW + 25)
    say(journal, "web-7", EventKind.DONE, NOW + 40.25)
    assert run(settings, output="jsonl", at=NOW + 50) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["OperationId"], line["Event"]) for line in lines] == [
        ("web-7", "planned"),
        ("web-7", "asked"),
        ("web-7", "answered"),
        ("web-7", "seen"),
        ("web-7", "seen"),
        ("web-8", "planned"),
        ("web-7", "done"),
    ]
    assert lines[0]["Data"]["plan"]["steps"][0]["parameters"]["Name"] == "web-7"
    assert lines[2]["Data"]["made"] == "ami-0fedcba9876543210"
    assert {(line["AccountId"], line["Profile"], line["Region"]) for line in lines} == {
        ("123456789012", "dev", "eu-west-1")
    }
    assert lines[-1]["Time"] == "2026-09-21T14:14:00.250Z"


def test_a_trail_of_the_newest_holds_nothing_of_the_others(
    settings: Settings, journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(journal, "web-7")
    begin(journal, "web-8")
    say(journal, "web-7", EventKind.DONE, NOW + 1)
    assert run(settings, output="jsonl", limit=1) == 0
    assert [json.loads(line)["OperationId"] for line in capsys.readouterr().out.splitlines()] == ["web-8"]


def test_what_ended_long_ago_is_left_out_and_counted(
    settings: Settings, journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(journal, "web-7")
    say(journal, "web-7", EventKind.DONE, NOW + 1)
    begin(journal, "web-8")
    later = NOW + LATELY_S + 60
    assert run(settings, at=later) == 0
    printed = capsys.readouterr()
    assert "web-7" not in printed.out
    assert "web-8" in printed.out
    assert "1 operation that ended more than a week ago" in printed.err
    assert run(settings, at=later, all=True) == 0
    assert "web-7" in capsys.readouterr().out


def test_regions_and_profiles_choose(
    settings: Settings, journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(journal, "web-7", region="us-east-1", profile="dev")
    begin(journal, "web-8", region="eu-west-1", profile="prod")
    begin(journal, "web-9", region="eu-west-1", profile="dev")

    def listed(*words: str) -> list[str]:
        assert main(["ops", "-o", "json", "--all", *words]) == 0
        return [one["OperationId"] for one in json.loads(capsys.readouterr().out)]

    assert listed() == ["web-9", "web-8", "web-7"]
    assert listed("--region", "eu-west-1") == ["web-9", "web-8"]
    assert listed("--profile", "dev") == ["web-9", "web-7"]
    assert listed("--profile", "dev", "--limit", "1") == ["web-9"]
    assert main(["ops", "--region", "sa-east-1"]) == 1


def test_a_profile_of_the_environment_hides_no_operation(
    settings: Settings, journal: Journal, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(journal, "web-7", profile="prod")
    monkeypatch.setenv("AMITUI_PROFILE", "dev")
    monkeypatch.setenv("AMITUI_REGIONS", "us-east-1")
    assert main(["ops", "--all"]) == 0
    assert "web-7" in capsys.readouterr().out


def followed(settings: Settings, steps: Sequence[Callable[[], None]], **request: Any) -> int:
    """Follow, with one of the steps happening at each wait."""
    left = iter(steps)
    return ops(settings, OpsRequest(watch=True, **request), now=lambda: NOW + 30, sleep=lambda _: next(left)())


def test_following_tells_each_change_and_ends_when_all_is_done(
    settings: Settings, journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    copy_under_way(journal, "web-7")
    steps = (
        lambda: None,
        lambda: say(journal, "web-7", EventKind.OBSERVED, NOW + 30, step=1, state="pending", progress=90),
        lambda: say(journal, "web-7", EventKind.DONE, NOW + 40),
    )
    assert followed(settings, steps) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[2].endswith("Copy web-7 to eu-west-1: waiting until the image is available, now pending, 90%")
    assert lines[3].endswith("Copy web-7 to eu-west-1: done: ami-0fedcba9876543210")


@pytest.mark.parametrize(("end", "code"), [(EventKind.DONE, 0), (EventKind.FAILED, 3), (EventKind.DROPPED, 1)])
def test_the_exit_code_says_how_it_ended(settings: Settings, journal: Journal, end: EventKind, code: int) -> None:
    begin(journal, "web-7")
    begin(journal, "web-8")
    say(journal, "web-8", EventKind.DONE, NOW)
    assert followed(settings, [lambda: say(journal, "web-7", end, NOW + 1)]) == code


def test_following_prints_every_event_of_the_trail_once(
    settings: Settings, journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(journal, "web-7")
    steps = (
        lambda: say(journal, "web-7", EventKind.SENDING, NOW + 1, step=0),
        lambda: begin(journal, "not followed", NOW + 2),
        lambda: say(journal, "web-7", EventKind.DONE, NOW + 3),
    )
    assert followed(settings, steps, output="jsonl") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["OperationId"], line["Event"]) for line in lines] == [
        ("web-7", "planned"),
        ("web-7", "asked"),
        ("web-7", "done"),
    ]


def test_followed_json_is_one_answer_at_the_end(
    settings: Settings, journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(journal, "web-7")
    assert followed(settings, [lambda: say(journal, "web-7", EventKind.DONE, NOW + 3)], output="json") == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["State"], found["ElapsedSeconds"], found["Driven"]) == ("done", 3.0, False)


def test_with_nothing_under_way_following_ends_at_once(
    settings: Settings, journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(journal, "web-7")
    say(journal, "web-7", EventKind.FAILED, NOW, what="refused")
    assert run(settings, watch=True) == 0
    assert capsys.readouterr() == ("", "amitui: no operations in progress\n")


def test_following_says_once_that_nobody_drives_them(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    path = settings.locations.journal_file
    with Journal.open(path) as dead:
        begin(dead, "web-7")

    def adopt() -> None:
        with Journal.open(path) as living:
            (orphan,) = living.orphans()
            assert living.adopt(orphan, NOW + 5)
            say(living, "web-7", EventKind.DONE, NOW + 6)

    assert followed(settings, (lambda: None, lambda: None, adopt)) == 0
    assert capsys.readouterr().err.count("no running amitui is working on this one") == 1


def test_following_says_nothing_of_the_kind_while_one_runs(
    settings: Settings, journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(journal, "web-7")
    assert followed(settings, [lambda: say(journal, "web-7", EventKind.DONE, NOW)]) == 0
    assert capsys.readouterr().err == ""


def test_a_damaged_journal_is_said_in_words_with_exit_code_4(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(settings.locations.journal_file)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"nonsense" * 100)
    assert main(["ops"]) == 4
    assert "is damaged" in capsys.readouterr().err
    assert main(["info", "-o", "json"]) == 0
    assert "is damaged" in json.loads(capsys.readouterr().out)["journal_problem"]


def test_the_demo_has_no_journal_to_list(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ops", "--demo"]) == 2
    assert "press o" in capsys.readouterr().err


def test_another_endpoints_journal_is_another_one(
    settings: Settings, journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(journal, "web-7")
    assert main(["ops", "--all", "--endpoint-url", "http://127.0.0.1:5000"]) == 1
    assert "web-7" not in capsys.readouterr().out


@pytest.mark.parametrize("words", [("ops", "--limit", "0"), ("ops", "-o", "csv"), ("ops", "web-7")])
def test_words_that_mean_nothing_are_refused(words: Sequence[str], settings: Settings) -> None:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    assert left.value.code == 2


def test_no_secret_of_the_environment_comes_near_the_journal(
    settings: Settings, journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(journal, "web-7")
    for output in ("table", "json", "jsonl"):
        assert main(["ops", "--all", "-o", output]) == 0
    assert SECRET not in capsys.readouterr().out
    folder = Path(settings.locations.journal_file).parent
    content = b"".join(path.read_bytes() for path in folder.glob("journal.sqlite*"))
    assert b"Copy web-7" in content
    assert SECRET.encode() not in content


def test_info_tells_of_the_journal_and_of_the_pollers_calls(
    settings: Settings, journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(journal, "web-7")
    say(journal, "web-7", EventKind.DONE, NOW)
    begin(journal, "web-8")
    journal.count_calls("2099-12-31", {("eu-west-1", "DescribeImages"): 1234})
    journal.count_calls("2001-01-01", {("eu-west-1", "DescribeImages"): 5})
    assert main(["info", "-o", "json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["journal"], facts["operations"], facts["operations_under_way"]) == (
        settings.locations.journal_file,
        2,
        1,
    )
    assert facts["poller_calls"] == [{"region": "eu-west-1", "api": "DescribeImages", "calls": 1234}]
    assert main(["info"]) == 0
    assert "1,234 DescribeImages while watching" in capsys.readouterr().out


def test_a_reader_does_not_keep_the_writer_waiting(settings: Settings, journal: Journal) -> None:
    """Followers are opened and closed while operations are under way: they must hold no lock in between."""
    begin(journal, "web-7")
    reader = Journal.read(settings.locations.journal_file)
    assert reader is not None
    with reader:
        assert len(reader.operations()) == 1
        journal._connection.execute("PRAGMA busy_timeout=0")
        say(journal, "web-7", EventKind.DONE, NOW)
        assert journal._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
