"""The plain query protocol, as Auto Scaling speaks it: lists are `Name.member.1`, an answer lies in its Result."""

from __future__ import annotations

import gzip
import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from amitui.demo.server.wire import ApiModel

if TYPE_CHECKING:
    from collections.abc import Mapping

_MEMBER: Final = "member"
_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'


class QueryModel(ApiModel):
    """A service of the plain query protocol, as botocore's data files describe it."""

    list_tag = _MEMBER

    def __init__(self, document: Mapping[str, Any]) -> None:
        super().__init__(document)
        self._namespace = str(document["metadata"]["xmlNamespace"])

    @classmethod
    def of(cls, service: str, version: str) -> QueryModel:
        """The model of the botocore that is installed."""
        package = find_spec("botocore")
        if package is None or package.origin is None:
            raise ModuleNotFoundError("botocore is not installed")
        file = Path(package.origin).parent / "data" / service / version / "service-2.json.gz"
        return cls(json.loads(gzip.decompress(file.read_bytes())))

    def parameters(self, operation: str, form: Mapping[str, str]) -> dict[str, Any]:
        """A request's parameters; `.member.` is only the protocol's word for what is in a list."""
        return super().parameters(
            operation, {name.replace(f".{_MEMBER}.", "."): one for name, one in form.items()}
        )

    def answer(self, operation: str, result: Mapping[str, Any], request_id: str) -> bytes:
        """An answer as XML; `None` and members that the model does not know are left out."""
        inner = self.body(operation, result)
        return (
            f'{_DECLARATION}<{operation}Response xmlns="{self._namespace}"><{operation}Result>{inner}'
            f"</{operation}Result><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
            f"</{operation}Response>"
        ).encode()
