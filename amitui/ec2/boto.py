"""botocore and aiobotocore as amitui needs them. Importing this costs half a second: only `session.py` does, late.

Two departures from the stock session: it does not prompt by itself (a password prompt would fight with the screen;
`mfa.py` has who asks), and EC2's successful answers are parsed by `parse.py` in a thread. Errors go botocore's own
way.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import aiobotocore.session
from aiobotocore.client import AioClientCreator
from aiobotocore.config import AioConfig
from aiobotocore.parsers import AioEC2QueryParser, AioResponseParserFactory
from aiobotocore.session import AioSession
from botocore.exceptions import CredentialRetrievalError
from botocore.parsers import ResponseParserError

from amitui import child_process
from amitui.ec2.answer_reader import READ, answer_reader
from amitui.ec2.ca_bundle import check_ca_bundle
from amitui.ec2.client_options import demo_sections, demo_variables, is_loopback
from amitui.ec2.errors.translate import mfa_needed
from amitui.ec2.mfa import SessionShelf, ask_for_codes
from amitui.ec2.newer_model import add_newer_shapes
from amitui.ec2.parse import RECEIVED_BYTES, ResponseReader, check_return, check_root
from amitui.ec2.response_table import ResponseTable, UnsupportedShapeError, table_of
from amitui.errors import CredentialsError
from amitui.identity.caller import check_given
from amitui.identity.files import read_files
from amitui.identity.roles import role_sections
from amitui.identity.source import BOTO_FILE, CONTAINER, EC2_FILE, PROCESS

if TYPE_CHECKING:
    from amitui.ec2.session import AwsTarget

# Without a handler Python prints warnings on stderr: over the screen, with tracebacks, perhaps with secrets.
# Whatever matters of them comes back as an exception, which `ec2/errors/translate.py` puts into words.
for _library in ("aiobotocore", "botocore"):
    logging.getLogger(_library).addHandler(logging.NullHandler())
    logging.getLogger(_library).propagate = False

__all__ = ["AioConfig", "Session"]

_INLINE_BYTES: Final = 32_768
"""Answers up to this size are parsed on the spot: handing them to a thread takes longer."""

_GIVEN: Final = frozenset({PROCESS, EC2_FILE, BOTO_FILE, CONTAINER})
"""Where credentials come from that amitui cannot read itself, and that are at hand once they are found."""

HELPER_S: Final = 60.0
"""For how long the program for one of several accounts' credentials may take to renew them: the others wait for
what it reads for all. That they come at all is limited by `services/identifying.py`."""

HelperLimit = Callable[[], float | None]
"""Gives for how many seconds a program for credentials is waited for; `None`: without an end."""

_WARMED: Final = ("service-2", "endpoint-rule-set-1")


_loaders: dict[str, Any] = {}
"""By `data_path`: what reads the service models, for all sessions: EC2's takes 30 MB and a quarter of a second."""
_warming: Final = Lock()
"""Sessions are opened in threads; the models are read by the first."""
_classes: dict[tuple[str, int], tuple[Any, Any]] = {}
"""The service model and the class of its clients, by service and the model's id, which is unique as long as the
model is kept. EC2's class has 800 methods and takes 20 ms and 1 MB."""


class _ClientCreator(AioClientCreator):  # type: ignore[misc]
    """Makes the class of a service's clients once, not once for each account and Region."""

    async def _create_client_class(self, service_name: str, service_model: Any) -> Any:
        description = service_model._service_description
        key = (service_name, id(description))
        if key not in _classes:
            _classes[key] = description, await super()._create_client_class(service_name, service_model)
        return _classes[key][1]


aiobotocore.session.AioClientCreator = _ClientCreator


class Session(AioSession):  # type: ignore[misc]
    """An aiobotocore session that does not prompt and parses EC2's answers quickly.

    Args:
        profile: `None` = what environment and default profile give.
        session_vars: as botocore takes them.
        sections: profiles that are in no file, by name (`identity/roles.py`); botocore takes them as if they were.
        sts_url: endpoint of the STS that is asked for their roles; `None` = AWS's, or what is configured.
        shelf: who is asked for MFA codes; `None`: nobody, and roles that want one are refused.
        of_aws: whether roles are assumed with AWS's own STS, or the one that is configured for all AWS tools.
        helper_s: for how long a program for credentials is waited for, asked whenever one is started.
    """

    def __init__(
        self,
        profile: str | None,
        session_vars: dict[str, Any] | None = None,
        sections: Mapping[str, Mapping[str, Any]] | None = None,
        sts_url: str | None = None,
        *,
        shelf: SessionShelf | None = None,
        of_aws: bool = True,
        helper_s: HelperLimit = lambda: None,
    ) -> None:
        self._shelf, self._of_aws, self._helper_s = shelf, of_aws, helper_s
        self._sections = sections or {}
        self._sts_url = sts_url
        super().__init__(session_vars=session_vars, profile=profile)
        self._named_profile = profile
        self.register_component("response_parser_factory", _ParserFactory())
        path = self.get_config_variable("data_path") or ""
        loader = _loaders.get(path)
        if loader is None:
            loader = _loaders[path] = self.get_component("data_loader")
        self.register_component("data_loader", loader)

    def warm(self) -> None:
        """Read the service models and what else a client is made of; blocking, for a thread."""
        loader = self.get_component("data_loader")
        with _warming:
            add_newer_shapes(loader)
            for name in ("_retry", "endpoints", "partitions", "sdk-default-configuration"):
                loader.load_data(name)
            for service in ("ec2", "sts"):
                for kind in _WARMED:
                    loader.load_service_model(service, type_name=kind)

    @property
    def full_config(self) -> Any:
        """The parsed AWS config, with the profiles that are in no file."""
        if self._config is None:
            found = super().full_config
            found["profiles"].update({name: dict(section) for name, section in self._sections.items()})
        return self._config

    def create_client(self, service_name: str, *arguments: Any, **options: Any) -> Any:
        """The context of a client, as aiobotocore makes it."""
        if service_name == "sts" and self._sts_url:
            options.setdefault("endpoint_url", self._sts_url)
            if is_loopback(self._sts_url):
                options.setdefault("config", AioConfig(proxies={}))
        return super().create_client(service_name, *arguments, **options)

    async def get_credentials(self) -> Any:
        """The credentials; the characters of those that come from elsewhere are checked before anything is signed.

        Raises:
            CredentialsError: they hold characters that no key has.
        """
        if self._credentials is None:  # type: ignore[has-type]
            found = await super().get_credentials()
            if getattr(found, "method", "") in _GIVEN:
                keys = await found.get_frozen_credentials()
                try:
                    check_given(found.method, keys.access_key, keys.secret_key, keys.token)
                except CredentialsError:
                    self._credentials = None  # the next call raises the same error
                    raise
        return self._credentials

    def _create_credential_resolver(self) -> Any:
        resolver = super()._create_credential_resolver()
        roles = resolver.get_provider("assume-role")
        roles._prompter = self._refuse_to_prompt
        if self._shelf is not None:
            ask_for_codes(roles, self._shelf, of_aws=self._of_aws)
        _as_helper(resolver.get_provider("custom-process"), self._helper_s)
        if any("aws_access_key_id" in section for section in self._sections.values()):
            # The demo's keys: without this the files are searched for them.
            roles._profile_provider_builder = None
        else:
            _have_helpers(roles._profile_provider_builder, self._helper_s)
        return resolver

    def _refuse_to_prompt(self, _prompt: str) -> str:
        raise mfa_needed(self._named_profile)


def session_of(target: AwsTarget, shelf: SessionShelf | None, are_several: Callable[[], bool]) -> Session:
    """The session of a target; reads the AWS config, and raises if it cannot be used.

    Args:
        shelf: who is asked for MFA codes; `None`: nobody.
        are_several: whether other accounts are used together with it, which may change.
    """
    if target.demo:
        return Session(None, demo_variables(target), demo_sections(target), target.endpoint_url)
    sections = role_sections(read_files(os.environ), os.environ, target.profile or "")
    url = target.endpoint_url if sections else None
    session = Session(
        target.profile,
        None,
        sections,
        url,
        shelf=shelf,
        of_aws=target.endpoint_url is None,
        helper_s=lambda: HELPER_S if are_several() else None,
    )
    check_ca_bundle(session, os.environ)
    return session


async def _start_helper(*words: str, **options: Any) -> asyncio.subprocess.Process:
    """Start a program that prints credentials, as botocore's provider does, but apart from the terminal.

    One that asks on standard input, or on /dev/tty, would take the keys meant for the screen and draw over it:
    in a session of its own it has no terminal. What it prints in another encoding than UTF-8 is made readable.
    """
    helper = await asyncio.create_subprocess_exec(
        *words, **options, stdin=asyncio.subprocess.DEVNULL, start_new_session=True
    )
    communicate = helper.communicate

    async def readable() -> tuple[bytes, bytes]:
        try:
            printed, complained = await communicate()
        finally:
            await child_process.end(helper)  # whoever waited has given up: it would go on without anybody
        return _as_utf8(printed), _as_utf8(complained)

    helper.communicate = readable  # type: ignore[assignment]
    return helper


def _as_helper(provider: Any, limit: HelperLimit) -> None:
    """Have botocore's provider start its program in this way, and wait for it no longer than so many seconds."""
    provider._popen = _start_helper
    retrieve = provider._retrieve_credentials_using

    async def retrieved(command: str) -> Any:
        within_s = limit()
        try:
            async with asyncio.timeout(within_s):
                return await retrieve(command)
        except TimeoutError:
            said = f"it gave none within {within_s:.0f} seconds"
            raise CredentialRetrievalError(provider=provider.METHOD, error_msg=said) from None

    provider._retrieve_credentials_using = retrieved


def _have_helpers(builder: Any, limit: HelperLimit) -> None:
    """The same for what gives the source of a role its credentials: botocore makes that later."""
    provider_of = builder._create_process_provider

    def provider(profile_name: str) -> Any:
        made = provider_of(profile_name)
        _as_helper(made, limit)
        return made

    builder._create_process_provider = provider


def _as_utf8(text: bytes) -> bytes:
    return text.decode("utf-8", "replace").encode()


class _ParserFactory(AioResponseParserFactory):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self._readers: dict[str, _Known | None] = {}

    def create_parser(self, protocol_name: str) -> Any:
        if protocol_name == "ec2":
            return _Ec2Parser(self._readers)
        return super().create_parser(protocol_name)


class _Known(NamedTuple):
    """A shape that amitui can parse."""

    table: ResponseTable
    reader: ResponseReader


class _Ec2Parser(AioEC2QueryParser):  # type: ignore[misc]
    """Parses successes with a compiled reader; `AioResponseParser.parse` awaits `_do_parse` for those only.

    Timestamps stay the text that EC2 sent, as the AWS CLI has them: records are JSON values from here on.
    """

    def __init__(self, readers: dict[str, _Known | None]) -> None:
        super().__init__(timestamp_parser=_as_sent)
        self._readers = readers

    async def _do_parse(self, response: dict[str, Any], shape: Any) -> Any:
        known = self._known(shape)
        elsewhere = answer_reader()
        body: bytes = response["body"]
        operation = str(response.get("context", {}).get("operation_name") or "")
        try:
            if elsewhere is not None and known is not None:
                parsed = {READ: await elsewhere.read_body(body, known.table)}
            elif known is None:
                root = self._parse_xml_string_to_dom(body)
                check_root(root, operation)
                if shape is None:
                    check_return(root)
                parsed = super()._do_parse(response, shape)
                if elsewhere is not None:
                    parsed[READ] = await elsewhere.read_answer(parsed, len(body))
            elif len(body) <= _INLINE_BYTES:
                parsed = known.reader.read(body, operation)
            else:
                parsed = await asyncio.to_thread(known.reader.read, body, operation)
        except (SyntaxError, ValueError) as error:
            raise ResponseParserError(f"the answer cannot be read: {error}") from error
        parsed.setdefault("ResponseMetadata", {})[RECEIVED_BYTES] = len(body)
        return parsed

    def _known(self, shape: Any) -> _Known | None:
        if shape is None:
            return None
        if shape.name not in self._readers:
            try:
                table = table_of(shape)
                self._readers[shape.name] = _Known(table, ResponseReader(table, _as_sent))
            except UnsupportedShapeError:
                self._readers[shape.name] = None
        return self._readers[shape.name]


def _as_sent(text: str) -> str:
    return text
