"""`amitui sql`: answers over what is cached, exported and published, in every form."""

from __future__ import annotations

import asyncio
import csv
import fcntl
import io
import json
from pathlib import Path

import pytest

from amitui.cli import main
from amitui.cli.sql import SqlRequest, print_answer
from amitui.domain.catalogue.export_columns import COLUMNS
from amitui.errors import UsageError
from tests.support.shared_machines import ACCOUNT, MINE, Machine, image, serving

OTHER = "444455556666"
HOSTILE = image(
    7, Description="=cmd|' /C calc'!A0 \x1b[31m\u202e,\n\"x\"", Tags=[{"Key": "a", "Value": "\x1b]0;x"}]
)


@pytest.fixture(autouse=True)
def _viewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile whose account the config names."""
    where = "sso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\nregion = eu-west-1"
    sso = f"{where}\nsso_account_id = {ACCOUNT}\nsso_role_name = x"
    (tmp_path / "config").write_text(f"[profile viewer]\n{sso}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))


@pytest.fixture
async def cache(tmp_path: Path) -> Path:
    """A cache with public images, and private ones of two accounts, of which one is the viewer's."""
    machine = Machine.at(tmp_path / "one")
    await machine.fetch([image(number) for number in range(3)] + [HOSTILE])
    await machine.fetch([image(100, OwnerId=ACCOUNT, Public=False)], MINE)
    await machine.fetch([image(200, OwnerId=OTHER, Public=False)], MINE._replace(visibility=OTHER))
    return Path(machine.where.cache)


def sql(cache: Path, *words: str) -> int:
    return main(["sql", "--cache-dir", str(cache), "--profile", "viewer", "--offline", *words])


async def beside(cache: Path, *words: str) -> int:
    """The same where an event loop runs already."""
    return await asyncio.to_thread(sql, cache, *words)


def values(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)["Rows"]
    return found


def test_private_images_are_those_of_the_account_in_use_alone(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sql(cache, "SELECT DISTINCT account FROM images ORDER BY 1 NULLS FIRST", "-o", "json") == 0
    assert values(capsys) == [{"account": None}, {"account": ACCOUNT}]


async def test_a_second_statement_sees_what_has_been_fetched_since(
    cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    count = "SELECT count(*) AS n FROM images WHERE account IS NULL"
    assert await beside(cache, count, "-o", "json") == 0
    assert values(capsys) == [{"n": 4}]
    copy = next(cache.glob("v1/aws/engine/cache/region=*/scope=mine/*.parquet"))
    before = copy.stat().st_mtime_ns
    await Machine.at(tmp_path / "one", now=1_770_000_000).fetch([image(number) for number in range(9)])
    assert await beside(cache, count, "-o", "json") == 0
    assert values(capsys) == [{"n": 9}]
    assert copy.stat().st_mtime_ns == before, "what has not changed is not written again"
    assert copy.stat().st_mode & 0o777 == 0o600
    assert not list(cache.glob("v1/aws/engine/spill-*"))


def test_each_form_has_all_values_and_none_that_acts_on_a_terminal_or_spreadsheet(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    statement = (
        "SELECT image_id, description, tags, creation_date, deprecation_time, -1 AS n, record FROM images "
        f"WHERE image_id = '{HOSTILE['ImageId']}'"
    )
    time = str(HOSTILE["CreationDate"]).replace(".000Z", "Z")
    for output in ("table", "csv", "tsv", "json", "jsonl"):
        assert sql(cache, statement, "-o", output) == 0
        printed = capsys.readouterr().out
        assert "\x1b" not in printed
        assert "\u202e" not in printed
        assert time in printed
        if output == "csv":
            head, row = csv.reader(io.StringIO(printed))
            assert head[-2:] == ["n", "record"]
            assert row[1].startswith("'=cmd")
            assert row[4:6] == ["", "-1"]
        if output == "jsonl":
            found = json.loads(printed)
            assert found["deprecation_time"] is None
            assert list(found["tags"]) == ["a"]
    assert sql(cache, statement, "-o", "id") == 0
    assert capsys.readouterr().out == f"{HOSTILE['ImageId']}\n"


def test_an_answer_without_rows_is_exit_code_1_and_a_wrong_statement_2(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sql(cache, "FROM images WHERE false", "-o", "json") == 1
    assert values(capsys) == []
    assert sql(cache, "SELECT nam FROM images") == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[1].endswith("LINE 1: SELECT nam FROM images")
    assert lines[2][lines[1].index("nam") :] == "^^^"
    assert sql(cache, "SELECT 1", "-o", "id") == 2
    assert "image_id" in capsys.readouterr().err


@pytest.mark.parametrize("output", ["table", "csv", "tsv", "json", "jsonl"])
def test_a_value_that_is_nested_too_deeply_is_refused_in_words(output: str) -> None:
    nested: list[object] = []
    for _ in range(5_000):
        nested = [nested]
    with pytest.raises(UsageError, match="nested too deeply"):
        print_answer(("a",), iter([(nested,)]), SqlRequest(None, None, output, None, None))


@pytest.mark.parametrize(
    "words", [[], ["SELECT 1", "--schema"], ["SELECT 1", "--table", "images=x.csv"], ["--file", "/nonexistent"]]
)
def test_what_cannot_be_meant_is_refused(cache: Path, words: list[str]) -> None:
    assert sql(cache, *words) == 2


def test_the_statement_comes_from_a_file_or_from_stdin(
    cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.sql").write_bytes("\ufeffSELECT 'é' AS a -- comment".encode())
    assert sql(cache, "--file", str(tmp_path / "a.sql"), "-o", "json") == 0
    assert values(capsys) == [{"a": "é"}]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"SELECT 1 AS a, 2 AS a;")))
    assert sql(cache, "-", "-o", "json") == 0
    assert values(capsys) == [{"a": 1, "a_1": 2}]


def test_the_audit_says_which_accounts_run_a_family(
    cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    uses = tmp_path / "audit.csv"
    uses.write_text(f"Account,ImageId\n099720109477,{image(1)['ImageId']}\n")
    statement = 'SELECT u."Account" AS a, i.product FROM uses u JOIN images i ON i.image_id = u."ImageId"'
    assert sql(cache, statement, "--table", f"uses={uses}", "-o", "json") == 0
    (row,) = values(capsys)
    assert row["a"] == "099720109477"


def test_the_schema_needs_neither_cache_nor_duckdb(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    assert sql(tmp_path / "none", "--schema", "-o", "json") == 0
    assert [row["column"] for row in values(capsys)] == [one.name for one in COLUMNS]
    assert sql(tmp_path / "none", "SELECT 1") == 2
    assert "pip install 'amitui[engines]'" in capsys.readouterr().err


def test_without_a_cache_it_is_said_how_to_get_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sql(tmp_path / "none", "SELECT 1") == 4
    assert "amitui sync" in capsys.readouterr().err


async def test_a_statement_waits_while_another_process_copies_the_same(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = cache / "v1/aws/engine/cache/.amitui-export"
    copy.mkdir(mode=0o700, parents=True)
    with (copy / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        asking = asyncio.create_task(beside(cache, "SELECT count(*) AS n FROM images", "-o", "json"))
        said = ""
        while "waiting for it" not in " ".join(said.split()):
            assert not asking.done()
            await asyncio.sleep(0.01)
            said += capsys.readouterr().err
    assert await asking == 0
    assert values(capsys) == [{"n": 5}]


async def test_an_export_elsewhere_is_asked_in_place_or_by_https(
    cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exported = tmp_path / "exported"
    export = ["export", "--parquet", str(exported), "--cache-dir", str(cache), "--offline"]
    assert await asyncio.to_thread(main, export) == 0
    count = "SELECT count(*) AS n FROM images"
    assert await beside(tmp_path / "two", count, "--from", str(exported), "-o", "json") == 0
    assert values(capsys) == [{"n": 4}]
    async with serving(exported) as url:
        words = ["sql", "--cache-dir", str(tmp_path / "two"), count, "--from", url, "-o", "json"]
        assert await asyncio.to_thread(main, words) == 0
        assert values(capsys) == [{"n": 4}]
        # Another size than its list says: it was changed.
        path = next(exported.rglob("*.parquet"))
        path.write_bytes(path.read_bytes() + b"x")
        words[2] = str(tmp_path / "three")
        assert await asyncio.to_thread(main, words) == 4
        assert "not as its list says" in capsys.readouterr().err


async def test_a_published_catalogue_is_pulled_and_asked(
    cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "shared").mkdir()
    await Machine.at(tmp_path / "one").publish(str(tmp_path / "shared"), private=[ACCOUNT, OTHER])
    statement = "SELECT account, count(*) AS n FROM images GROUP BY 1 ORDER BY 1 NULLS FIRST"
    assert await beside(tmp_path / "two", statement, "--from", str(tmp_path / "shared"), "-o", "json") == 0
    assert values(capsys) == [{"account": None, "n": 4}, {"account": ACCOUNT, "n": 1}]
    assert not (tmp_path / "two/v1/aws/index").exists(), "what is only asked stays apart from what is cached"
