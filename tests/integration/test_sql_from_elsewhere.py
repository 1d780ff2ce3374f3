"""`amitui sql --from`: what is exported or published in a bucket, on a web server or in a folder."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from amitui.catalog.columnar.manifest import parse_manifest
from amitui.catalog.columnar.plan import Selection
from amitui.catalog.sharing.https import HttpsSource
from amitui.cli import main
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.errors import CacheError
from amitui.paths import locate
from amitui.services import engine_fetch
from amitui.services.composition import Services
from amitui.services.sharing import open_source
from amitui.settings import Settings
from tests.integration.test_export import files_of_at_most
from tests.integration.test_publish_and_pull import BUCKET, s3
from tests.support.parquet import Cache
from tests.support.shared_machines import Machine, answering, image, serving

__all__ = ["s3"]

ACCOUNT, OTHER = "111122223333", "444455556666"
MOTO_ACCOUNT = "123456789012"
"""What moto's STS calls everybody."""
LAKE = f"s3://{BUCKET}/lake"
NEAR = Shard("aws", PUBLIC, "eu-west-1", "amazon")
FAR = NEAR._replace(region="us-east-1")
COUNT = "SELECT region, account, count(*) AS n FROM images GROUP BY ALL ORDER BY ALL NULLS FIRST"


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """A cache with public images of two Regions, and private ones of two accounts."""
    cache = Cache.at(tmp_path / "home")
    for shard in (NEAR, FAR):
        cache.store(shard, [image(number) for number in range(3)])
    for account in (ACCOUNT, OTHER):
        mine = image(int(account[:3]), OwnerId=account, Public=False)
        cache.store(NEAR._replace(visibility=account, owner_scope="mine"), [mine])
    return cache


@pytest.fixture
def viewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile of one of the two accounts."""
    keys = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret"
    (tmp_path / "config").write_text(f"[profile viewer]\n{keys}\naws_account_id = {ACCOUNT}\nregion = us-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))


async def sql(home: Path, source: str, *words: str, statement: str = COUNT) -> int:
    command = ["sql", "--cache-dir", str(home), "--from", source, "-o", "json", statement, *words]
    return await asyncio.to_thread(main, command)


def rows(capsys: pytest.CaptureFixture[str]) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in json.loads(capsys.readouterr().out)["Rows"]]


def copied(home: Path) -> dict[str, int]:
    """The Parquet files of the copy, by path, each with when it was written."""
    (copy,) = home.glob("v1/aws/engine/exported-*")
    return {str(path.relative_to(copy)): path.stat().st_mtime_ns for path in copy.rglob("*.parquet")}


async def test_an_export_in_a_bucket_is_asked_and_only_what_changed_is_fetched_again(
    cache: Cache, s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "two"
    await cache.export(LAKE)
    assert await sql(home, LAKE) == 0
    assert rows(capsys) == [("eu-west-1", None, 3), ("us-east-1", None, 3)]
    before = copied(home)
    cache.store(FAR, [image(number) for number in range(5)])
    await cache.export(LAKE)
    assert await sql(home, LAKE) == 0
    assert rows(capsys) == [("eu-west-1", None, 3), ("us-east-1", None, 5)]
    changed = {path for path, written in copied(home).items() if written != before[path]}
    assert changed == {"region=us-east-1/scope=amazon/images.parquet"}
    cache.drop(FAR)
    await cache.export(LAKE)
    assert await sql(home, LAKE) == 0
    assert rows(capsys) == [("eu-west-1", None, 3)]
    assert list(copied(home)) == ["region=eu-west-1/scope=amazon/images.parquet"]


async def test_of_an_export_with_private_images_only_those_of_the_account_in_use_are_fetched(
    cache: Cache, s3: Any, tmp_path: Path, viewer: None, capsys: pytest.CaptureFixture[str]
) -> None:
    await cache.export(LAKE, accounts=[ACCOUNT, OTHER])
    assert await sql(tmp_path / "two", LAKE) == 0
    assert rows(capsys) == [("eu-west-1", None, 3), ("us-east-1", None, 3)]
    assert await sql(tmp_path / "three", LAKE, "--profile", "viewer") == 0
    assert rows(capsys) == [("eu-west-1", None, 3), ("eu-west-1", ACCOUNT, 1), ("us-east-1", None, 3)]
    assert not [path for path in copied(tmp_path / "three") if OTHER in path]


async def test_of_an_export_in_a_folder_private_rows_of_other_accounts_are_not_read(
    cache: Cache, tmp_path: Path, viewer: None, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "lake"
    await cache.export(folder, accounts=[ACCOUNT, OTHER])
    assert await sql(tmp_path / "two", str(folder), "--profile", "viewer") == 0
    assert rows(capsys) == [("eu-west-1", None, 3), ("eu-west-1", ACCOUNT, 1), ("us-east-1", None, 3)]


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (403, "AccessDenied", "s3:GetObject"),
        (301, "PermanentRedirect", "another Region"),
        (404, "NoSuchBucket", "no bucket"),
    ],
)
async def test_what_a_bucket_refuses_is_said_in_words(
    tmp_path: Path,
    viewer: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    status: int,
    code: str,
    words: str,
) -> None:
    async with answering(status, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        assert await sql(tmp_path / "two", LAKE, "--profile", "viewer") == 3
    assert words in " ".join(capsys.readouterr().err.split())


async def test_a_bucket_without_a_catalogue_says_how_it_is_filled(
    s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await sql(tmp_path / "two", LAKE) == 4
    assert "amitui export --parquet or amitui publish" in " ".join(capsys.readouterr().err.split())
    s3.put_object(Bucket=BUCKET, Key="lake/_amitui_export.json", Body=b"<html>")
    assert await sql(tmp_path / "two", LAKE) == 4
    assert "export it again" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("damage", ["other", "shorter", "gone", "columns"])
async def test_a_file_that_is_not_what_the_list_says_is_refused_in_words(
    cache: Cache, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    import duckdb

    folder = tmp_path / "lake"
    await cache.export(folder)
    path = folder / "region=us-east-1/scope=amazon/images.parquet"
    size = path.stat().st_size
    if damage == "columns":
        duckdb.sql(f"COPY (SELECT repeat('x', 100) AS image_id FROM range(10)) TO '{path}'")
        listed = (
            (folder / "_amitui_export.json")
            .read_text()
            .replace(f'"size": {size}', f'"size": {path.stat().st_size}')
        )
        (folder / "_amitui_export.json").write_text(listed)
    elif damage == "gone":
        path.unlink()
    else:
        path.write_bytes(os.urandom(size if damage == "other" else size - 1))
    words = ["--region", "us-east-1"]
    async with serving(folder) as url:
        for home, source in enumerate((str(folder), url)):
            assert await sql(tmp_path / str(home), source, *words) == 4
            said = " ".join(capsys.readouterr().err.split())
            assert "cannot be read" in said or "not as its list says" in said
            assert "export" in said


async def test_a_file_goes_to_disk_in_blocks_and_a_full_disk_leaves_nothing_half(
    cache: Cache, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = [image(number, Description=os.urandom(1_000).hex()) for number in range(1_000)]
    cache.store(NEAR, noise)
    await cache.export(LAKE)
    folder = tmp_path / "copy"
    folder.mkdir(mode=0o700)
    services = Services(Settings(locate({"HOME": str(tmp_path)}, cache_dir=str(tmp_path / "two"))))
    source = await open_source(services.session, LAKE)
    try:
        found = await source.get("_amitui_export.json", 1 << 20)
        assert found is not None
        manifest = parse_manifest(found.data, LAKE)
        near = Selection(regions=frozenset(["eu-west-1"]))
        with files_of_at_most(500_000), pytest.raises(CacheError) as caught:
            await engine_fetch.fetch_export(source, manifest, str(folder), near, lambda *_: None)
        assert caught.value.what == "the disk is full"
        assert not list(folder.rglob("images*"))
        blocks: list[int] = []
        (path,) = (path for path in manifest.files if "eu-west-1" in path)
        size = await source.copy(path, lambda block: blocks.append(len(block)), 4 << 30)
        assert size == sum(blocks) == manifest.files[path].size > 1_000_000
        assert max(blocks) <= 256 << 10
        monkeypatch.setattr(engine_fetch, "FILE_BYTES", 1_000_000)
        with pytest.raises(CacheError, match="larger than what is fetched"):
            await engine_fetch.fetch_export(source, manifest, str(folder), near, lambda *_: None)
    finally:
        await source.close()
        await services.close()


async def test_a_web_server_hands_a_file_on_in_blocks(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(os.urandom(1_000_000))
    blocks: list[bytes] = []
    async with serving(tmp_path) as url:
        assert await HttpsSource(url).copy("large", blocks.append, 1_000_000) == 1_000_000
        with pytest.raises(CacheError, match="too large"):
            await HttpsSource(url).copy("large", blocks.append, 999_999)
    assert max(map(len, blocks)) <= 256 << 10


async def test_what_is_published_in_a_bucket_is_asked(
    s3: Any, tmp_path: Path, viewer: None, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine.at(tmp_path / "one")
    await machine.fetch([image(number) for number in range(4)])
    await machine.publish(f"s3://{BUCKET}/shared")
    assert await sql(tmp_path / "two", f"s3://{BUCKET}/shared") == 0
    assert rows(capsys) == [("eu-west-1", None, 4)]


async def test_of_several_profiles_it_is_found_out_who_they_are_and_one_that_fails_is_named(
    s3: Any, tmp_path: Path, viewer: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", os.environ["AWS_ENDPOINT_URL_S3"])
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with (tmp_path / "config").open("a") as config:
        config.write(
            "[profile unknown]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n"
        )
        config.write("[profile half]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n")
    accounts = {"viewer": ACCOUNT, "unknown": MOTO_ACCOUNT}
    machine = Machine.at(tmp_path / "one")
    for account in (*accounts.values(), OTHER):
        mine = image(int(account[:3]), OwnerId=account, Public=False)
        await machine.fetch([mine], NEAR._replace(visibility=account, owner_scope="mine"))
    folder = tmp_path / "published"
    folder.mkdir()
    await machine.publish(str(folder), private=[*accounts.values(), OTHER])
    await Cache(machine.where).export(tmp_path / "exported", accounts=[*accounts.values(), OTHER])
    for number, source in enumerate((folder, tmp_path / "exported")):
        profiles = ("--profile=unknown", "--profile=viewer", "--profile=half")
        assert await sql(tmp_path / f"two{number}", str(source), *profiles) == 0
        printed = capsys.readouterr()
        found = {row["account"] for row in json.loads(printed.out)["Rows"]}
        assert found == set(accounts.values())
        assert "profile half is left out" in " ".join(printed.err.split())
