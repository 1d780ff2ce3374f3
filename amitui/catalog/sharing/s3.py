"""A bucket as the place of a published catalogue; S3's conditional writes keep two publishers apart."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any, Final

from amitui.catalog.sharing.plan import Listed
from amitui.catalog.sharing.storage import Arrival, StorageError, Stored
from amitui.domain.visible import show_invisible
from amitui.ec2.errors.translate import explained
from amitui.errors import AwsError, DeniedError, RejectedError, UsageError

if TYPE_CHECKING:
    from amitui.ec2.session import Ec2Connection

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_ADDRESS: Final = re.compile(r"[0-9]+(\.[0-9]+){3}", re.ASCII)
_PREFIX: Final = re.compile(r"[A-Za-z0-9!_.*'()/=+@-]{0,512}", re.ASCII)
"""S3's safe characters, and some that need no escape anywhere."""
_MISSING: Final = frozenset({"NoSuchKey", "404"})
_TAKEN: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_ELSEWHERE: Final = frozenset(
    {
        *("PermanentRedirect", "301", "307", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"),
        # botocore follows to the Region that S3 names; of an answer that names none it asks until Python stops it.
        *("InvalidRegionError", "RecursionError"),
    }
)
_DENIED: Final = frozenset({"AccessDenied", "403", "AllAccessDisabled"})
_DELETED_AT_ONCE: Final = 1000
"""Most keys of one DeleteObjects."""
_BLOCK: Final = 256 << 10
PART_BYTES: Final = 16 << 20
"""Larger files are sent in parts of this size; one at a time is in memory."""
_MOST_PARTS: Final = 10_000
"""Of one upload; S3's limit."""


def bucket_and_prefix(address: str) -> tuple[str, str]:
    """The parts of `s3://bucket/prefix`; the prefix is empty or ends with a slash.

    Raises:
        UsageError: it is no such address.
    """
    bucket, _, prefix = address.removeprefix("s3://").partition("/")
    prefix = prefix.strip("/")
    if ".." in bucket or _ADDRESS.fullmatch(bucket):
        bucket = ""  # S3 has no such names
    odd = not _PREFIX.fullmatch(prefix) or any(part in ("", ".", "..") for part in prefix.split("/") if prefix)
    if not _BUCKET.fullmatch(bucket) or odd:
        raise UsageError(
            f"{show_invisible(address)} is not the address of a bucket",
            remedy="s3://BUCKET or s3://BUCKET/PREFIX, the prefix of letters, digits and . _ - = + @ /",
        )
    return bucket, f"{prefix}/" if prefix else ""


class S3Storage:
    """See `storage.Storage`.

    Args:
        connection: whose credentials are used; it stays open.
        region: whose endpoint is asked; S3 names the bucket's own if that is another.
    """

    def __init__(self, connection: Ec2Connection, region: str, address: str) -> None:
        self._connection, self._region = connection, region
        self._bucket, self._prefix = bucket_and_prefix(address)

    @property
    def title(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    async def get(self, path: str, most: int) -> Stored | None:
        blocks: list[bytes] = []
        arrival = Arrival(self.title, path, most)
        async with arrival.in_time():
            version = await self._read(path, blocks.append, arrival)
        return None if version is None else Stored(b"".join(blocks), version)

    async def copy(self, path: str, write: Callable[[bytes], object], most: int) -> int | None:
        arrival = Arrival(self.title, path, most)
        async with arrival.in_time():
            return None if await self._read(path, write, arrival) is None else arrival.size

    async def put(self, path: str, data: bytes) -> None:
        try:
            await self._put(path, data)
        except AwsError as error:
            if error.code not in _TAKEN:
                raise  # else another publisher is sending the same content at this moment

    async def replace(self, path: str, data: bytes, version: str | None) -> bool:
        condition = {"IfNoneMatch": "*"} if version is None else {"IfMatch": version}
        try:
            await self._put(path, data, ContentType="application/json", CacheControl="no-cache", **condition)
        except AwsError as error:
            # 404: the version that was read has been deleted.
            if error.code in _TAKEN or error.code in _MISSING:
                return False
            raise
        return True

    async def put_file(self, path: str, local: str) -> None:
        """Send a file, a large one in parts: readers see it when all are there."""
        size = await asyncio.to_thread(os.path.getsize, local)
        with await asyncio.to_thread(open, local, "rb") as file:
            if size <= PART_BYTES:
                await self._put(path, await asyncio.to_thread(file.read))
            else:
                await self._put_parts(path, file, max(PART_BYTES, -(-size // _MOST_PARTS)))

    async def size_of(self, path: str) -> int | None:
        """Bytes of an object; `None`: there is none."""
        answer = await self._call("list_objects_v2", "list what is there", Prefix=self._prefix + path, MaxKeys=1)
        found = answer.get("Contents") or ()
        return next((int(one["Size"]) for one in found if one["Key"] == self._prefix + path), None)

    async def drop_empty_folders(self, paths: Sequence[str]) -> None:
        """A bucket has no folders."""

    async def listing(self, folder: str) -> AsyncIterator[Listed]:
        more: dict[str, Any] = {}
        while True:
            answer = await self._call(
                "list_objects_v2", "list what is published", Prefix=self._prefix + folder, **more
            )
            for one in answer.get("Contents") or ():
                modified: datetime = one["LastModified"]
                yield Listed(
                    str(one["Key"]).removeprefix(self._prefix), int(one["Size"]), int(modified.timestamp())
                )
            token = answer.get("NextContinuationToken") if answer.get("IsTruncated") else None
            if not token:
                return
            if more.get("ContinuationToken") == token:
                raise StorageError(f"{self.title} gives the same part of its list again and again")
            more = {"ContinuationToken": token}

    async def delete(self, paths: Sequence[str]) -> None:
        for start in range(0, len(paths), _DELETED_AT_ONCE):
            keys = [{"Key": self._prefix + path} for path in paths[start : start + _DELETED_AT_ONCE]]
            answer = await self._call(
                "delete_objects", "delete what nothing names any more", Delete={"Objects": keys, "Quiet": True}
            )
            for error in answer.get("Errors") or ():
                code = str(error.get("Code") or "")
                raise self._in_words(
                    RejectedError("S3 did not delete an object", why=code, code=code), "delete_objects"
                )

    async def close(self) -> None:
        pass

    async def _put(self, path: str, data: bytes, **more: Any) -> None:
        await self._call("put_object", "publish", Key=self._prefix + path, Body=data, **more)

    async def _read(self, path: str, write: Callable[[bytes], object], arrival: Arrival) -> str | None:
        """Read an object; its version, or `None`: there is none."""
        try:
            answer = await self._call("get_object", "read what is published", Key=self._prefix + path)
        except AwsError as error:
            if error.code in _MISSING:
                return None
            raise
        with explained(
            profile=self._connection.target.profile, region=self._region, action="read what is published"
        ):
            async with answer["Body"] as body:
                while block := await body.read(_BLOCK):
                    arrival.add(block)
                    write(block)
        return str(answer.get("ETag") or "")

    async def _put_parts(self, path: str, file: IO[bytes], part_bytes: int) -> None:
        key = self._prefix + path
        begun = await self._call("create_multipart_upload", "export", Key=key)
        upload = {"Key": key, "UploadId": begun["UploadId"]}
        try:
            parts: list[dict[str, Any]] = []
            while data := await asyncio.to_thread(file.read, part_bytes):
                number = len(parts) + 1
                sent = await self._call("upload_part", "export", PartNumber=number, Body=data, **upload)
                parts.append({"PartNumber": number, "ETag": sent["ETag"]})
            await self._call("complete_multipart_upload", "export", MultipartUpload={"Parts": parts}, **upload)
        except BaseException:
            # Else its parts stay, unseen, and are paid for.
            with suppress(AwsError):
                await self._call("abort_multipart_upload", "export", **upload)
            raise

    async def _call(self, operation: str, action: str, **parameters: Any) -> dict[str, Any]:
        try:
            return await self._connection.service_call(
                "s3", self._region, operation, action, Bucket=self._bucket, **parameters
            )
        except AwsError as error:
            raise self._in_words(error, operation) from error

    def _in_words(self, error: AwsError, operation: str) -> AwsError:
        """What S3's refusals mean for whoever shares a catalogue; others stay as they are."""
        if error.code in _DENIED:
            permission = {
                "get_object": "s3:GetObject",
                "put_object": "s3:PutObject",
                "list_objects_v2": "s3:ListBucket",
                "delete_objects": "s3:DeleteObject",
                "abort_multipart_upload": "s3:AbortMultipartUpload",
            }.get(operation, "s3:PutObject")
            return DeniedError(
                f"access to {self.title} is denied",
                why=f"the policy of the credentials or of the bucket does not allow {permission}; amitui also "
                "does not pay for readers where the bucket says Requester Pays",
                remedy="ask for the policies of deploy/iam: publisher.json to publish, reader.json to pull",
                code=error.code,
            )
        if error.code == "NoSuchBucket":
            return RejectedError(
                f"there is no bucket {self._bucket}",
                why="S3 does not know it with these credentials and in this partition",
                remedy="check the address",
                code=error.code,
            )
        if error.code in _ELSEWHERE:
            return RejectedError(
                f"the bucket {self._bucket} is in another Region than {self._region}",
                why="S3 does not say in which"
                if error.code == "RecursionError"
                else f"S3 answered {error.code}"[:300],
                remedy="name the bucket's Region in AWS_DEFAULT_REGION, or in the profile",
                code=error.code,
            )
        error.what = error.what.replace("EC2", "S3")  # the words for what all services of AWS have in common
        return error
