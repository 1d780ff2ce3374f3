"""What the simulated EC2 does not know itself: moto answers it, where moto is installed and knows it.

moto takes a second to import and some 100 MB, so it is loaded by the first request that needs it. Images are never
moto's business: its own idea of them would contradict the catalogue.
"""

from __future__ import annotations

import io
import os
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar, Final

from amitui.demo.cloud.model import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_SERVER_ERROR: Final = 500
_UNKNOWN: Final = "The demo's cloud does not simulate this operation."


class Moto:
    """The door to moto's WSGI application; closed until something knocks."""

    _used: ClassVar[bool] = False
    """Whether a cloud of this process has asked moto before."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._one_at_a_time = Lock()
        """moto's dictionaries change while another request reads them, which fails it."""
        self._application: Callable[..., Iterable[bytes]] | None = None

    @property
    def loaded(self) -> bool:
        """Whether anything has been asked yet; before, there is nothing that could have been made."""
        return self._application is not None

    @property
    def holds_objects(self) -> bool:
        """Always: they are in this process."""
        return True

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While the block runs, nothing else is answered; moto is loaded."""
        self._load()
        with self._one_at_a_time:
            yield

    def answer(
        self, *, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, account: str
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """moto's answer: status, headers, body.

        Raises:
            CloudError: moto is not installed, or does not know the operation.
        """
        application = self._load()
        environ = _environ(method, path, query, headers, body)
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = account
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, fields: list[tuple[str, str]], _: Any = None) -> None:
            started.append((status, fields))

        try:
            with self._one_at_a_time:
                content = _consume(application(environ, start_response))
        except NotImplementedError:
            raise CloudError("UnsupportedOperation", _UNKNOWN) from None
        except Exception as error:  # whatever moto trips over, its caller gets an answer
            text = f"{_UNKNOWN} moto says {type(error).__name__}: {error}"
            raise CloudError("UnsupportedOperation", text) from error
        status = int(started[-1][0].split()[0])
        kind = next((value for name, value in started[-1][1] if name.lower() == "content-type"), "")
        if status >= _SERVER_ERROR and "html" in kind:
            raise CloudError("UnsupportedOperation", _UNKNOWN)
        return status, started[-1][1], content

    def _load(self) -> Callable[..., Iterable[bytes]]:
        with self._lock:
            if self._application is None:
                self._application = _import_moto()
                if Moto._used:
                    # moto has one world a process: what an earlier cloud made there is none of this one's.
                    from moto.moto_api._internal.models import moto_api_backend

                    moto_api_backend.reset()
                Moto._used = True
            return self._application


def _consume(parts: Iterable[bytes]) -> bytes:
    """The whole of a WSGI answer, closed as WSGI wants it."""
    try:
        return b"".join(parts)
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()


def _import_moto() -> Callable[..., Iterable[bytes]]:
    # Images are the demo's own; moto's would cost a second more and 1,300 records a region.
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"
    try:
        import logging

        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    except ImportError:
        raise CloudError(
            "UnsupportedOperation",
            "The demo answers this only with moto installed: pip install 'amitui[demo]'",
        ) from None
    for name in ("werkzeug", "moto", "botocore"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    application: Callable[..., Iterable[bytes]] = DomainDispatcherApplication(create_backend_app)
    return application


def _environ(method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """A WSGI environment; no more of the server is in it than moto asks for."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": headers.get("Content-Type", ""),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            environ[f"HTTP_{key}"] = value
    return environ
