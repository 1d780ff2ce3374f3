"""What a bucket, a web server or a folder answers when something is wrong, and a bucket that is elsewhere."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from amitui.catalog.sharing import folder
from amitui.catalog.sharing.names import manifest_path
from amitui.catalog.sharing.storage import Arrival
from amitui.errors import (
    AmituiError,
    AwsError,
    CacheError,
    CredentialsError,
    DeniedError,
    NetworkError,
    RejectedError,
)
from tests.support.shared_machines import MINE, Machine, answered_by, answering, image, serving

BUCKET = "team-images"
SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"


@pytest.fixture
def one(tmp_path: Path) -> Machine:
    return Machine.at(tmp_path / "one")


@pytest.fixture
def two(tmp_path: Path) -> Machine:
    return Machine.at(tmp_path / "two")


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


def _error(code: str, **more: str) -> bytes:
    fields = "".join(f"<{name}>{value}</{name}>" for name, value in more.items())
    return f"<Error><Code>{code}</Code><Message>no</Message>{fields}</Error>".encode()


def _kind_of(request: web.BaseRequest) -> str:
    if request.method == "GET":
        return "list" if "list-type" in request.query else "get"
    return {"PUT": "put", "POST": "delete"}[request.method]


EMPTY_LIST = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"


@pytest.mark.parametrize(
    ("refused", "permission"), [("get", "s3:GetObject"), ("list", "s3:ListBucket"), ("put", "s3:PutObject")]
)
async def test_whatever_s3_denies_a_publisher_is_named(
    one: Machine, monkeypatch: pytest.MonkeyPatch, refused: str, permission: str
) -> None:
    await one.fetch([image(1)])

    async def answer(request: web.BaseRequest) -> web.Response:
        kind = _kind_of(request)
        if kind == refused:
            return web.Response(status=403, body=_error("AccessDenied"))
        if kind == "get":
            return web.Response(status=404, body=_error("NoSuchKey"))
        return web.Response(body=EMPTY_LIST)

    async with answered_by(answer) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        with pytest.raises(DeniedError) as denied:
            await one.publish(f"s3://{BUCKET}/x")
    words = " ".join(denied.value.lines())
    assert permission in words
    assert "deploy/iam" in words
    assert denied.value.exit_code == 3


@pytest.mark.parametrize(
    ("status", "code", "raised", "words"),
    [
        (400, "ExpiredToken", CredentialsError, "expired"),
        (403, "InvalidAccessKeyId", CredentialsError, ""),
        (403, "SignatureDoesNotMatch", CredentialsError, ""),
        (403, "RequestTimeTooSkewed", AwsError, "clock"),
        (404, "NoSuchBucket", RejectedError, "no bucket"),
        (500, "InternalError", AwsError, ""),
    ],
)
async def test_what_s3_answers_to_a_reader_is_said(
    two: Machine, monkeypatch: pytest.MonkeyPatch, status: int, code: str, raised: type[AmituiError], words: str
) -> None:
    monkeypatch.setattr("amitui.ec2.session.ATTEMPTS", 1)
    async with answering(status, _error(code)) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        with pytest.raises(raised) as refused:
            await two.pull(f"s3://{BUCKET}")
    said = " ".join(refused.value.lines())
    assert words in said
    assert SECRET not in said
    assert "EC2" not in refused.value.what


@pytest.mark.parametrize("answer", ["header", "body"])
async def test_a_bucket_in_another_region_is_found_with_one_more_request(
    two: Machine, place: Path, one: Machine, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    await one.fetch([image(number) for number in range(20)])
    await one.publish(str(place))
    asked: list[tuple[str, str]] = []

    async def served(request: web.BaseRequest) -> web.Response:
        scope = request.headers["Authorization"].split("Credential=")[1].split("/")[2]
        asked.append((scope, request.path))
        if scope != "eu-north-1":
            named = {"x-amz-bucket-region": "eu-north-1"} if answer == "header" else {}
            body = _error("PermanentRedirect", **({} if named else {"Region": "eu-north-1"}))
            return web.Response(status=301, headers=named, body=body)
        path = place / request.path.removeprefix(f"/{BUCKET}/")
        return web.Response(body=path.read_bytes()) if path.is_file() else web.Response(status=404)

    async with answered_by(served) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        await two.pull(f"s3://{BUCKET}")
    assert two.records() == one.records()
    assert [scope for scope, _ in asked].count("us-east-1") == 1, "the Region is asked for once"


async def test_a_bucket_elsewhere_whose_region_s3_does_not_say_is_refused_with_the_remedy(
    two: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with answering(301, _error("PermanentRedirect")) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        with pytest.raises(RejectedError, match="another Region") as refused:
            await two.pull(f"s3://{BUCKET}")
    assert "AWS_DEFAULT_REGION" in refused.value.remedy


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder that is published to."""
    (tmp_path / "shared").mkdir()
    return tmp_path / "shared"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (404, b"<html>not found</html>", "nothing is published"),
        (200, b"<html>log in</html>", "not one of amitui's"),
        (200, b"", "not one of amitui's"),
        (401, b"", "denied"),
        (403, b"", "denied"),
        (302, b"", "has moved"),
        (500, b"", "answered 500"),
    ],
)
async def test_what_a_web_server_answers_is_said(two: Machine, status: int, body: bytes, words: str) -> None:
    async def answer(_: web.BaseRequest) -> web.Response:
        headers = {"Location": "https://elsewhere.example/\u202e".encode("ascii", "ignore").decode()}
        return web.Response(status=status, body=body, headers=headers if status == 302 else {})

    async with answered_by(answer) as url:
        if words == "nothing is published":
            assert await two.pull(url) == []
            return
        with pytest.raises(AmituiError) as refused:
            await two.pull(url)
    assert words in " ".join(refused.value.lines())


async def _endless(request: web.BaseRequest) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    with_more = True
    while with_more:
        try:
            await response.write(b"x" * (256 << 10))
        except (ConnectionError, OSError):
            with_more = False
    return response


async def _short(request: web.BaseRequest) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "100"})
    await response.prepare(request)
    await response.write(b"{")
    assert request.transport is not None
    request.transport.close()
    return response


async def _dripping(request: web.BaseRequest) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(3):
        await response.write(b"x")
    return response


@pytest.mark.parametrize("scheme", ["https", "s3"])
@pytest.mark.parametrize(
    ("answer", "raised", "words"),
    [
        (_endless, CacheError, "too large"),
        (_short, NetworkError, ""),
        (_dripping, NetworkError, "in time"),
    ],
)
async def test_a_body_without_an_end_or_with_less_than_it_says_is_refused(
    two: Machine,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
    answer: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
    raised: type[AmituiError],
    words: str,
) -> None:
    if answer is _dripping:
        # Whatever comes has come too late. A time limit would sometimes cut a connection that is only being made.
        monkeypatch.setattr(Arrival, "_ends", property(lambda _: 0.0, lambda _, __: None), raising=False)
    async with answered_by(answer) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        with pytest.raises(raised) as refused:
            await two.pull(f"s3://{BUCKET}" if scheme == "s3" else url)
    assert words in " ".join(refused.value.lines())


def _loop(place: Path) -> None:
    (place / "public").symlink_to(place / "public")


def _file(place: Path) -> None:
    place.rmdir()
    place.write_text("x")


FOLDERS: dict[str, tuple[Callable[[Path], object], type[AmituiError]]] = {
    "a file": (_file, AmituiError),
    "a link that leads to itself": (_loop, AmituiError),
    "a file in the place of a folder": (lambda place: (place / "public").write_text("x"), AmituiError),
    "a folder in the place of the manifest": (
        lambda place: (place / manifest_path("public")).mkdir(parents=True),
        CacheError,
    ),
}


@pytest.mark.parametrize("what", FOLDERS)
async def test_a_folder_that_is_none_is_refused_in_words_and_left_as_it_is(
    one: Machine, place: Path, what: str
) -> None:
    await one.fetch([image(1)])
    make, raised = FOLDERS[what]
    make(place)
    before = sorted(str(path) for path in place.parent.rglob("*") if "one" not in path.parts)
    with pytest.raises(raised) as refused:
        await one.publish(str(place))
    assert refused.value.why or refused.value.remedy
    after = sorted(str(path) for path in place.parent.rglob("*") if "one" not in path.parts)
    assert [path for path in after if "objects" in path and "partial" in path] == []
    assert set(before) <= set(after)


@pytest.mark.parametrize(
    ("number", "call"),
    [(errno.ENOSPC, "fsync"), (errno.EDQUOT, "fsync"), (errno.EACCES, "mkdir"), (errno.EROFS, "open")],
)
async def test_a_folder_that_cannot_be_written_to_is_said_and_nothing_half_written_stays(
    one: Machine, place: Path, monkeypatch: pytest.MonkeyPatch, number: int, call: str
) -> None:
    await one.fetch([image(1)])

    class System:
        def __getattr__(self, name: str) -> Any:
            if name != call:
                return getattr(os, name)

            def fail(*arguments: Any, **_named: Any) -> Any:
                if call == "open" and not arguments[1] & os.O_CREAT:
                    return os.open(*arguments)
                raise OSError(number, os.strerror(number), str(place))

            return fail

    monkeypatch.setattr(folder, "os", System())
    with pytest.raises(CacheError) as refused:
        await one.publish(str(place))
    assert str(place) in " ".join(refused.value.lines())
    assert not [path for path in place.rglob("*") if path.is_file()]


async def test_two_accounts_share_a_bucket_and_neither_pulls_the_others_images(
    one: Machine, two: Machine, place: Path
) -> None:
    other = "444455556666"
    mine, theirs = image(1, OwnerId="111122223333", Public=False), image(2, OwnerId=other, Public=False)
    await one.fetch([mine], MINE)
    await two.fetch([theirs], MINE._replace(visibility=other))
    two.account = other
    await one.publish(str(place), private=["111122223333"])
    await two.publish(str(place), private=[other])
    three = Machine.at(place.parent / "three", account=other)
    asked: list[str] = []
    get = folder.FolderStorage.get

    async def noted(self: folder.FolderStorage, path: str, most: int) -> Any:
        asked.append(path)
        return await get(self, path, most)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder.FolderStorage, "get", noted)
        await three.pull(str(place))
    assert list(three.records(MINE._replace(visibility=other))) == [theirs["ImageId"]]
    assert not [path for path in asked if "111122223333" in path], "not even asked for"


async def test_a_stale_manifest_whose_objects_were_deleted_is_refused_and_what_is_cached_stays(
    one: Machine, two: Machine, place: Path
) -> None:
    await one.fetch([image(number) for number in range(5)])
    await one.publish(str(place))
    stale = json.loads((place / manifest_path("public")).read_text())
    await two.pull(str(place))
    kept = two.records()
    stale["shards"][0].update(segment="0" * 64, fetched_at=stale["shards"][0]["fetched_at"] + 9)
    (place / manifest_path("public")).write_text(json.dumps(stale))
    with pytest.raises(CacheError, match="refused") as refused:
        await two.pull(str(place))
    assert "too old" in refused.value.why
    assert two.records() == kept


async def test_a_prefix_is_the_same_with_and_without_slashes(one: Machine, two: Machine, place: Path) -> None:
    await one.fetch([image(1)])
    await one.publish(f"{place}/")
    async with serving(place) as url:
        await two.pull(f"{url}//")
    assert two.records() == one.records()
