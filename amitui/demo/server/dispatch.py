"""One request to the simulated cloud, from its HTTP parts to an answer: who asks, what for, who knows it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode

from amitui.demo.cloud.identity import caller_identity
from amitui.demo.cloud.kms import CONTENT_TYPE, DESCRIBE_KEY, describe_key
from amitui.demo.cloud.last_launch import note_launch
from amitui.demo.cloud.launching.rules import refusal
from amitui.demo.cloud.launching.started import complete, instance_ids
from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.organization import SERVICE as ORGANIZATIONS
from amitui.demo.cloud.organization import assume_role, organization_answer
from amitui.demo.cloud.power import CHANGES
from amitui.demo.cloud.public_parameters import asks_for_public, parameters_answer
from amitui.demo.cloud.quotas import SERVICE as QUOTAS
from amitui.demo.cloud.quotas import quota_answer
from amitui.demo.cloud.rights import check_region, check_rights
from amitui.demo.cloud.tagging import is_tagged_here
from amitui.demo.cloud.termination_protection import protections
from amitui.demo.seed.accounts import MAIN_ACCESS_KEY, caller_of
from amitui.demo.server.client_tokens import TAKING, Tokens
from amitui.demo.server.joint import TAGGING, resources_of, with_resources
from amitui.demo.server.moto_fallback import Moto
from amitui.demo.server.query_wire import QueryModel
from amitui.demo.server.wire import (
    ApiModel,
    error_answer,
    identity_answer,
    json_error_answer,
    query_error_answer,
    role_answer,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amitui.demo.cloud.cloud import Cloud
    from amitui.demo.seed.accounts import Caller

_SCOPE: Final = re.compile(r"Credential=([^/,\s]+)/[0-9]{8}/([^/,\s]+)/([^/,\s]+)/aws4_request")

_SERVICES: Final = frozenset(
    {"autoscaling", "ec2", "iam", "kms", "organizations", "pricing", "servicequotas", "ssm", "sts"}
)
"""By the names that requests are signed with: what amitui asks for, and what one makes instances with. All of them
are asked at the path `/`; moto knows a hundred more, and paths that change moto itself."""

_PASSED_ON: Final = frozenset({"host", "content-type", "x-amz-target", "x-amz-date", "user-agent"})
"""Headers that moto gets, in lower case. It chooses the service by others too, which is not left to it."""

_OK: Final = 200

_WELCOME: Final = (
    "This is amitui's demo: a simulated EC2 with made-up images. Point the AWS CLI or another amitui here\n"
    "with --endpoint-url; any credentials will do.\n"
)


@dataclass(frozen=True, slots=True)
class Request:
    """The parts of an HTTP request that matter here."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """The parts of an HTTP answer."""

    status: int
    body: bytes
    headers: list[tuple[str, str]] = field(default_factory=lambda: [("Content-Type", "text/xml;charset=UTF-8")])


class Dispatcher:
    """Answers requests from the cloud's own operations, and from moto what is not among them."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self._moto = Moto()
        cloud.instances.connect(self._moto)
        self._tokens = Tokens()
        self._model: ApiModel | None = None
        self._scaling: QueryModel | None = None
        self._lock = Lock()
        self._serial = count(1)

    def model(self) -> ApiModel:
        """EC2's API model, read at the first call."""
        with self._lock:
            if self._model is None:
                self._model = ApiModel.load()
            return self._model

    def answer(self, request: Request) -> Answer:
        """The answer to any request; refusals are answers too."""
        request_id = self._request_id()
        form = dict(parse_qsl(request.query, keep_blank_values=True))
        if request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
            form.update(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        scope = _SCOPE.search(request.headers.get("Authorization", "")) or _SCOPE.search(
            f"Credential={form.get('X-Amz-Credential', '')}"
        )
        key, region, service = scope.groups() if scope else ("", "", "ec2")
        try:
            if request.path not in ("", "/"):
                raise CloudError("InvalidAction", "There is nothing here; requests go to the path /.", 404)
            if not scope:
                return _unsigned(form)
            if service not in _SERVICES:
                raise CloudError("UnsupportedOperation", f"The demo's cloud does not simulate {service}.")
            request = _signed_for(request, key, region, service)
            caller = caller_of(key, region)
            if service in {"ec2", "sts"}:
                check_region(region)
            return self._dispatch(request, caller, service, form, request_id)
        except CloudError as error:
            return _refusal(error, service, request, request_id)

    def _request_id(self) -> str:
        return f"{next(self._serial):08x}-de30-4000-a000-000000000000"

    def _dispatch(
        self, request: Request, caller: Caller, service: str, form: dict[str, str], request_id: str
    ) -> Answer:
        action = form.get("Action", "")
        if service == "sts" and action == "GetCallerIdentity":
            return Answer(200, identity_answer(caller_identity(caller), request_id))
        if service == "sts" and action == "AssumeRole":
            return Answer(200, role_answer(assume_role(caller, form), request_id))
        if service == ORGANIZATIONS:
            found = organization_answer(request.headers.get("X-Amz-Target", ""), request.body, caller)
            return Answer(_OK, found, [("Content-Type", CONTENT_TYPE)])
        if service == "kms" and request.headers.get("X-Amz-Target") == DESCRIBE_KEY:
            about = describe_key(caller, request.body)
            if about is not None:
                return Answer(_OK, about, [("Content-Type", CONTENT_TYPE)])
        if service in {"autoscaling", "pricing", "ssm"}:
            check_region(caller.region)
            return self._serve(service, request, caller, form, request_id)
        if service == QUOTAS:
            target = request.headers.get("X-Amz-Target", "")
            kind = [("Content-Type", request.headers.get("Content-Type", ""))]
            return Answer(_OK, quota_answer(target, request.body, caller, self.cloud.world.quotas), kind)
        if service == "ec2":
            if action in TAGGING and not all(map(is_tagged_here, resources_of(form))):
                return self._tag(request, caller, form)
            if action in TAKING and form.get("DryRun") != "true":
                check_rights(action, caller)
                self.cloud.settle()
                return self._once(request, caller, action, form, request_id)
            if action in self.cloud.operations:
                return self._own(caller, action, form, request_id)
            if action not in self.model():
                raise CloudError("InvalidAction", f"The action {action} is not valid for this web service.")
            if "Image" in action:
                raise CloudError("UnsupportedOperation", f"The demo's cloud does not simulate {action}.")
            check_rights(action, caller)
            self.cloud.settle()
            self.cloud.instances.settle_in(caller)
            return self._change(request, caller, action, form)
        return self._from_moto(request, caller)

    def _serve(
        self, service: str, request: Request, caller: Caller, form: dict[str, str], request_id: str
    ) -> Answer:
        """A request to a service that the cloud answers by itself."""
        if service == "autoscaling":
            model, action = self._scaling_model(), form.get("Action", "")
            if action not in model:
                raise CloudError("InvalidAction", f"Could not find operation {action} for version 2011-01-01")
            result = self.cloud.serve(service, action, caller, model.parameters(action, form))
            return Answer(_OK, model.answer(action, result, request_id))
        target, kind = request.headers.get("X-Amz-Target", ""), [("Content-Type", CONTENT_TYPE)]
        if service == "ssm" and asks_for_public(target, request.body):
            region = self.cloud.world.region(caller.region)
            others = partial(self._own_parameters, caller)
            return Answer(_OK, parameters_answer(target, request.body, region, others), kind)
        return Answer(_OK, self._json(service, target, caller, request.body), kind)

    def _json(self, service: str, target: str, caller: Caller, body: bytes) -> bytes:
        operation = target.rpartition(".")[2]
        return json.dumps(self.cloud.serve(service, operation, caller, json.loads(body or b"{}"))).encode()

    def _own_parameters(self, caller: Caller, body: bytes) -> bytes:
        return self._json("ssm", "AmazonSSM.GetParameters", caller, body)

    def _scaling_model(self) -> QueryModel:
        with self._lock:
            if self._scaling is None:
                self._scaling = QueryModel.of("autoscaling", "2011-01-01")
            return self._scaling

    def _own(self, caller: Caller, action: str, form: dict[str, str], request_id: str) -> Answer:
        """An operation of EC2 that the cloud answers by itself."""
        model = self.model()
        result = self.cloud.call(action, caller, model.parameters(action, form))
        return Answer(_OK, model.answer(action, result, request_id))

    def _once(
        self, request: Request, caller: Caller, action: str, form: dict[str, str], request_id: str
    ) -> Answer:
        """A request whose client token keeps it from having a second effect."""
        with self.cloud.world.lock:
            known = self._tokens.answer(caller, form)
            if known is not None:
                self._check_still_there(caller, known)
                return Answer(_OK, known)
            if action in self.cloud.operations:
                answer = self._own(caller, action, form, request_id)
            else:
                self.cloud.instances.settle_in(caller)
                answer = self._change(request, caller, action, form)
            if answer.status == _OK:
                self._tokens.keep(caller, form, answer.body)
        return answer

    def _check_still_there(self, caller: Caller, answered: bytes) -> None:
        """Refuse to name the instances of an earlier launch again when all of them are terminated."""
        launched = instance_ids(answered)
        states = self.cloud.power.states(caller) if launched else {}
        if launched and all(states.get(one, "terminated") == "terminated" for one in launched):
            raise refusal("token-of-the-terminated")

    def _change(self, request: Request, caller: Caller, action: str, form: dict[str, str]) -> Answer:
        if action == "RunInstances":
            return self._launch(request, caller, form)
        switched = action in CHANGES
        return self._switch(request, caller, action, form) if switched else self._from_moto(request, caller)

    def _launch(self, request: Request, caller: Caller, form: dict[str, str]) -> Answer:
        """RunInstances: what EC2 accepts, launched by moto, with what moto does not know put in afterwards."""
        model, dry_run = self.model(), form.get("DryRun") == "true"
        with self.cloud.world.lock:
            launch = self.cloud.launching.checked(caller, model.parameters(form["Action"], form), dry_run=dry_run)
            wanted = model.form(form["Action"], launch.params)
            wanted |= {name: form[name] for name in ("Action", "Version") if name in form}
            answer = self._switch(_with_form(request, wanted), caller, form["Action"], wanted)
            if answer.status != _OK:
                return answer
            ids = instance_ids(answer.body)
            complete(caller, launch, ids, self.cloud.world.now())
            note_launch(self.cloud.world, caller.region, launch.image.image_id)
            for again in protections(wanted, answer.body):
                self._from_moto(_with_form(request, again), caller)
            # One launch is one reservation, which is what RunInstances answers with.
            described = self.cloud.call("DescribeInstances", caller, {"InstanceIds": ids})["Reservations"]
            return Answer(_OK, model.answer(form["Action"], described[0], self._request_id()))

    def _switch(self, request: Request, caller: Caller, action: str, form: dict[str, str]) -> Answer:
        """A request that switches instances: done by moto at once, shown as EC2 takes its time."""
        power = self.cloud.power
        named = [value for key, value in form.items() if key.startswith("InstanceId.")]
        with self.cloud.world.lock:
            if form.get("DryRun") != "true":
                power.check(caller, action, named)
                if action == "StartInstances":
                    self.cloud.launching.check_start(caller, named)
            before = power.states(caller)
            answer = self._from_moto(request, caller)
            if answer.status == _OK and form.get("DryRun") != "true":
                power.begin(caller, action, answer.body, before)
                if action == "TerminateInstances":
                    self.cloud.scaling.terminated(caller, named)
        return answer

    def _tag(self, request: Request, caller: Caller, form: dict[str, str]) -> Answer:
        """CreateTags or DeleteTags of other things than images and snapshots, and maybe of those too."""
        action = form["Action"]
        check_rights(action, caller)
        here = with_resources(form, tagged_here=True)
        if resources_of(here):
            self.cloud.call(action, caller, self.model().parameters(action, here))
        return self._from_moto(_with_form(request, with_resources(form, tagged_here=False)), caller)

    def _from_moto(self, request: Request, caller: Caller) -> Answer:
        status, headers, content = self._moto.answer(
            method=request.method,
            path=request.path,
            query=request.query,
            headers=request.headers,
            body=request.body,
            account=caller.account,
        )
        return Answer(status, content, headers)


def _signed_for(request: Request, key: str, region: str, service: str) -> Request:
    """The same request with no other headers than moto needs, signed for the service that was checked."""
    headers = {name: value for name, value in request.headers.items() if name.lower() in _PASSED_ON}
    scope = f"Credential={key}/20260101/{region}/{service}/aws4_request"
    headers["Authorization"] = f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"
    return Request(request.method, request.path, request.query, headers, request.body)


def _with_form(request: Request, form: Mapping[str, str]) -> Request:
    """The same request with other parameters, all of them in its body."""
    headers = {**request.headers, "Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    return Request("POST", request.path, "", headers, urlencode(form).encode())


def _refusal(error: CloudError, service: str, request: Request, request_id: str) -> Answer:
    """The error in the protocol of the service that was asked."""
    kind = request.headers.get("Content-Type", "")
    if kind.startswith("application/x-amz-json"):
        return Answer(error.status, json_error_answer(error), [("Content-Type", kind)])
    write = error_answer if service == "ec2" else query_error_answer
    return Answer(error.status, write(error, request_id))


def _unsigned(form: Mapping[str, str]) -> Answer:
    """A browser gets a word of welcome, an API request without a signature a refusal."""
    if "Action" in form:
        raise CloudError(
            "MissingAuthenticationToken",
            f"The request is not signed; any credentials will do, AWS_ACCESS_KEY_ID={MAIN_ACCESS_KEY} for one.",
            403,
        )
    return Answer(200, _WELCOME.encode(), [("Content-Type", "text/plain; charset=utf-8")])
