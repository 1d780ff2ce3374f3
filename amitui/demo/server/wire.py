"""EC2's query protocol: a request's flat parameters become nested ones, an answer becomes XML.

Both ways are compiled from botocore's model of the API, so that any operation of EC2 can be answered. The model is
read without importing botocore, which would cost as much time again as the reading.
"""

from __future__ import annotations

import base64
import re
import time
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from amitui.demo.cloud.model import CloudError
from amitui.ec2.newer_model import merged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from amitui.demo.cloud.cloud import Params

_Put: TypeAlias = "Callable[[str], None]"
_Writer: TypeAlias = "Callable[[Any, _Put], None]"
_Reader: TypeAlias = "Callable[[Any, str], Any]"
_Shape: TypeAlias = dict[str, Any]

_NAMESPACE: Final = "http://ec2.amazonaws.com/doc/2016-11-15/"
_STS_NAMESPACE: Final = "https://sts.amazonaws.com/doc/2011-06-15/"
_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PROTOCOL_KEYS: Final = frozenset(
    {"Action", "Version", "AWSAccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "Timestamp",
     "SecurityToken", "Expires"}
)  # fmt: skip


def escape(text: str) -> str:
    """Text for an XML element; characters that XML cannot carry become U+FFFD."""
    if "&" in text or "<" in text or ">" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if not text.isprintable():
        text = _NOT_XML.sub("\ufffd", text).replace("\r", "&#13;")
    return text


class ApiModel:
    """EC2's operations as botocore's data files describe them, and the walkers compiled from them."""

    list_tag = "item"
    """What an entry of a list is called in an answer, where the model does not say."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._operations: Mapping[str, _Shape] = document["operations"]
        self._shapes: Mapping[str, _Shape] = document["shapes"]
        self._writers: dict[str, _Writer] = {}
        self._readers: dict[str, _Reader] = {}
        self._lock = Lock()

    @classmethod
    def load(cls) -> ApiModel:
        """The model of the botocore that is installed: some 150 ms."""
        import gzip
        import json

        package = find_spec("botocore")
        if package is None or package.origin is None:
            raise ModuleNotFoundError("botocore is not installed")
        folder = Path(package.origin).parent / "data" / "ec2" / "2016-11-15"
        packed = folder / "service-2.json.gz"
        if packed.exists():
            return cls(merged(json.loads(gzip.decompress(packed.read_bytes()))))
        return cls(merged(json.loads((folder / "service-2.json").read_bytes())))

    def __contains__(self, operation: str) -> bool:
        return operation in self._operations

    def parameters(self, operation: str, form: Mapping[str, str]) -> Params:
        """A request's parameters, named and typed as in the model.

        Raises:
            CloudError: a parameter that the operation does not have, or a number that is none.
        """
        with self._lock:
            read = self._reader(self._operations[operation].get("input", {}).get("shape", ""))
        tree: dict[str, Any] = {}
        for key, value in form.items():
            if key not in _PROTOCOL_KEYS and not key.startswith("X-Amz-"):
                _plant(tree, key, value)
        found: Params = read(tree, "")
        return found

    def form(self, operation: str, params: Mapping[str, Any]) -> dict[str, str]:
        """Parameters as a request carries them; members that the operation does not have are left out."""
        found: dict[str, str] = {}
        self._flatten(self._operations[operation].get("input", {}).get("shape", ""), params, "", found)
        return found

    def _flatten(self, shape_name: str, value: Any, path: str, found: dict[str, str]) -> None:
        shape = self._shapes.get(shape_name, {"type": "structure"})
        if shape["type"] == "structure":
            for name, member in shape.get("members", {}).items():
                if value.get(name) is not None:
                    at = _request_name(name, member)
                    self._flatten(member["shape"], value[name], f"{path}.{at}" if path else at, found)
        elif shape["type"] == "list":
            for number, entry in enumerate(value, 1):
                self._flatten(shape["member"]["shape"], entry, f"{path}.{number}", found)
        elif shape["type"] == "blob":
            found[path] = base64.b64encode(value).decode()
        else:
            found[path] = str(value).lower() if isinstance(value, bool) else str(value)

    def answer(self, operation: str, result: Mapping[str, Any], request_id: str) -> bytes:
        """An answer as XML; `None` and members that the model does not know are left out."""
        opening = f'{_DECLARATION}<{operation}Response xmlns="{_NAMESPACE}"><requestId>{request_id}</requestId>'
        return f"{opening}{self.body(operation, result)}</{operation}Response>".encode()

    def body(self, operation: str, result: Mapping[str, Any]) -> str:
        """The members of an answer as XML."""
        with self._lock:
            write = self._writer(self._operations[operation].get("output", {}).get("shape", ""))
        parts: list[str] = []
        write(result, parts.append)
        return "".join(parts)

    def _writer(self, shape_name: str) -> _Writer:
        """The walker that writes a shape; made once, before its members, as shapes may hold themselves."""
        if shape_name in self._writers:
            return self._writers[shape_name]
        shape = self._shapes.get(shape_name, {"type": "structure"})
        if shape["type"] == "structure":
            table: dict[str, tuple[str, str, _Writer]] = {}
            self._writers[shape_name] = writer = _structure_writer(table)
            for name, member in shape.get("members", {}).items():
                tag = member.get("locationName", name)
                table[name] = (f"<{tag}>", f"</{tag}>", self._writer(member["shape"]))
        elif shape["type"] == "list":
            tag = shape["member"].get("locationName", self.list_tag)
            entry: list[_Writer] = []
            self._writers[shape_name] = writer = _list_writer(tag, entry)
            entry.append(self._writer(shape["member"]["shape"]))
        else:
            self._writers[shape_name] = writer = _SCALAR_WRITERS.get(shape["type"], _write_text)
        return writer

    def _reader(self, shape_name: str) -> _Reader:
        if shape_name in self._readers:
            return self._readers[shape_name]
        shape = self._shapes.get(shape_name, {"type": "structure"})
        if shape["type"] == "structure":
            table: dict[str, tuple[str, _Reader]] = {}
            self._readers[shape_name] = reader = _structure_reader(table)
            for name, member in shape.get("members", {}).items():
                table[_request_name(name, member)] = (name, self._reader(member["shape"]))
        elif shape["type"] == "list":
            entry: list[_Reader] = []
            self._readers[shape_name] = reader = _list_reader(entry)
            entry.append(self._reader(shape["member"]["shape"]))
        else:
            self._readers[shape_name] = reader = _SCALAR_READERS.get(shape["type"], _read_text)
        return reader


def _request_name(name: str, member: _Shape) -> str:
    """How a member is called in a request: its query name, or its location name with a capital."""
    if "queryName" in member:
        return str(member["queryName"])
    location = str(member.get("locationName", name))
    return location[:1].upper() + location[1:]


def _plant(tree: dict[str, Any], key: str, value: str) -> None:
    """Put `Filter.1.Value.2` into nested dicts."""
    *branches, leaf = key.split(".")
    for branch in branches:
        tree = tree.setdefault(branch, {})
        if not isinstance(tree, dict):
            raise CloudError("InvalidParameterCombination", f"The parameter {key} is both a value and a structure")
    tree[leaf] = value


def _structure_writer(table: dict[str, tuple[str, str, _Writer]]) -> _Writer:
    def write(value: Any, put: _Put) -> None:
        for name, member in value.items():
            if member is not None and name in table:
                opening, closing, write_member = table[name]
                put(opening)
                write_member(member, put)
                put(closing)

    return write


def _list_writer(tag: str, entry: list[_Writer]) -> _Writer:
    opening, closing = f"<{tag}>", f"</{tag}>"

    def write(value: Any, put: _Put) -> None:
        write_entry = entry[0]
        for member in value:
            put(opening)
            write_entry(member, put)
            put(closing)

    return write


def _write_text(value: Any, put: _Put) -> None:
    put(escape(value if type(value) is str else str(value)))


def _write_boolean(value: Any, put: _Put) -> None:
    put("true" if value else "false")


def _write_timestamp(value: Any, put: _Put) -> None:
    put(value if isinstance(value, str) else time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(value)))


def _write_blob(value: Any, put: _Put) -> None:
    put(base64.b64encode(value if isinstance(value, bytes) else str(value).encode()).decode())


_SCALAR_WRITERS: Final[dict[str, _Writer]] = {
    "boolean": _write_boolean,
    "timestamp": _write_timestamp,
    "blob": _write_blob,
}


def _structure_reader(table: dict[str, tuple[str, _Reader]]) -> _Reader:
    def read(tree: Any, path: str) -> Params:
        found: Params = {}
        if not isinstance(tree, dict):
            raise CloudError("InvalidParameterValue", f"The parameter {path} is a structure")
        for key, value in tree.items():
            full = f"{path}.{key}" if path else key
            if key not in table:
                raise CloudError("UnknownParameter", f"The parameter {full} is not recognized")
            name, read_member = table[key]
            found[name] = read_member(value, full)
        return found

    return read


def _list_reader(entry: list[_Reader]) -> _Reader:
    def read(tree: Any, path: str) -> list[Any]:
        if not isinstance(tree, dict) or not all(key.isdecimal() for key in tree):
            raise CloudError("InvalidParameterValue", f"The parameter {path} is a list: {path}.1, {path}.2, ...")
        return [entry[0](tree[key], f"{path}.{key}") for key in sorted(tree, key=int)]

    return read


def _read_text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise CloudError("InvalidParameterValue", f"The parameter {path} is a single value")
    return value


def _read_boolean(value: Any, path: str) -> bool:
    text = _read_text(value, path)
    if text.lower() not in {"true", "false"}:
        raise CloudError("InvalidParameterValue", f"Invalid value '{text}' for {path}: must be true or false")
    return text.lower() == "true"


def _read_integer(value: Any, path: str) -> int:
    text = _read_text(value, path)
    try:
        return int(text)
    except ValueError:
        raise CloudError("InvalidParameterValue", f"Value ( {text} ) for parameter {path} is invalid.") from None


def _read_blob(value: Any, path: str) -> bytes:
    return base64.b64decode(_read_text(value, path))


_SCALAR_READERS: Final[dict[str, _Reader]] = {
    "boolean": _read_boolean,
    "integer": _read_integer,
    "long": _read_integer,
    "blob": _read_blob,
}


def error_answer(error: CloudError, request_id: str) -> bytes:
    """EC2's XML of a refusal."""
    return (
        f"{_DECLARATION}<Response><Errors><Error><Code>{escape(error.code)}</Code>"
        f"<Message>{escape(error.message)}</Message></Error></Errors><RequestID>{request_id}</RequestID></Response>"
    ).encode()


def query_error_answer(error: CloudError, request_id: str) -> bytes:
    """A refusal of the services with the plain query protocol: STS, IAM, SNS."""
    return (
        f'<ErrorResponse xmlns="{_STS_NAMESPACE}"><Error><Type>Sender</Type><Code>{escape(error.code)}</Code>'
        f"<Message>{escape(error.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    ).encode()


def json_error_answer(error: CloudError) -> bytes:
    """A refusal of the services that speak JSON: SSM."""
    import json

    return json.dumps({"__type": error.code, "message": error.message}).encode()


def identity_answer(identity: Mapping[str, str], request_id: str) -> bytes:
    """The XML of STS GetCallerIdentity."""
    members = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in identity.items())
    return (
        f'<GetCallerIdentityResponse xmlns="{_STS_NAMESPACE}"><GetCallerIdentityResult>{members}'
        f"</GetCallerIdentityResult><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
        "</GetCallerIdentityResponse>"
    ).encode()


def role_answer(result: Mapping[str, Mapping[str, str]], request_id: str) -> bytes:
    """The XML of STS AssumeRole."""
    members = "".join(
        f"<{part}>{''.join(f'<{name}>{escape(value)}</{name}>' for name, value in values.items())}</{part}>"
        for part, values in result.items()
    )
    return (
        f'<AssumeRoleResponse xmlns="{_STS_NAMESPACE}"><AssumeRoleResult>{members}</AssumeRoleResult>'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></AssumeRoleResponse>"
    ).encode()
