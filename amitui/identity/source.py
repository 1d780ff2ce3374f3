"""Where the credentials come from, in the order in which botocore tries (`create_credential_resolver`).

No call is made and no program is run: what a role, a login or a helper program gives is known to botocore only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from amitui.identity import sso
from amitui.identity.files import AwsFiles, Section, expand_user, read_section

ENVIRONMENT: Final = "env"
WEB_IDENTITY: Final = "assume-role-with-web-identity"
ASSUME_ROLE: Final = "assume-role"
SSO: Final = "sso"
CREDENTIALS_FILE: Final = "shared-credentials-file"
CONFIG_FILE: Final = "config-file"
LOGIN: Final = "login"
PROCESS: Final = "custom-process"
EC2_FILE: Final = "ec2-credentials-file"
BOTO_FILE: Final = "boto-config"
CONTAINER: Final = "container-role"
MACHINE: Final = "iam-role"

_CREDENTIAL_SOURCES: Final = {
    "Environment": ENVIRONMENT,
    "EcsContainer": CONTAINER,
    "Ec2InstanceMetadata": MACHINE,
}
_WORDS: Final = {
    ENVIRONMENT: "keys in the environment (AWS_ACCESS_KEY_ID)",
    WEB_IDENTITY: "role {role_arn}, assumed with a web identity",
    SSO: "SSO session {name}",
    CREDENTIALS_FILE: "keys of [{profile}] in the credentials file",
    CONFIG_FILE: "keys of profile {profile} in the config file",
    LOGIN: "aws login of profile {profile}",
    PROCESS: "credential_process of profile {profile}",
    EC2_FILE: "keys in the file that AWS_CREDENTIAL_FILE names",
    BOTO_FILE: "keys in a config file of boto",
    CONTAINER: "the role of this container",
    MACHINE: "none configured; this machine's role is used if it has one",
}
_PROBLEMS: Final = {
    "PartialCredentialsError": "they are incomplete",
    "InvalidConfigError": "the AWS config of the profile is wrong",
    "InfiniteLoopConfigError": "its source_profile settings form a loop",
    "CredentialRetrievalError": "its credential_source provides no credentials",
    "ConfigNotFound": "cannot read the file that AWS_CREDENTIAL_FILE names",
    "KeyError": "the file that AWS_CREDENTIAL_FILE names holds incomplete credentials",
}
_STATIC: Final = ("aws_access_key_id", "aws_secret_access_key")
_SSO_PROFILE: Final = ("sso_role_name", "sso_account_id")


class Source(NamedTuple):
    """What gives the credentials."""

    method: str = MACHINE
    """As botocore calls it. What is left when nothing is configured is the role of this machine, if it has one."""
    profile: str = ""
    """The profile whose settings these are; empty = of no profile: the environment's or the machine's."""
    access_key_id: str = ""
    """Of keys that are written down somewhere."""
    account: str = ""
    """The account that they name, 12 digits as far as it is well-formed. Only STS knows for sure."""
    role_arn: str = ""
    """The role that is assumed."""
    base: Source | None = None
    """With which credentials the role is assumed."""
    name: str = ""
    """Of the SSO session or its start URL."""
    problem: str = ""
    """Name of the exception that botocore raises instead; empty = none is foreseen."""

    @property
    def words(self) -> str:
        """Where they come from, for sentences; names in it are as the files have them."""
        if self.problem:
            return f"none: {_PROBLEMS.get(self.problem, self.problem)}"
        if self.base is not None:
            return f"role {self.role_arn}, assumed with {self.base.words}"
        words = _WORDS.get(self.method, "unknown")
        return words.format(profile=self.profile, name=self.name, role_arn=self.role_arn)

    @property
    def of_environment(self) -> bool:
        """Whether variables give them, which no profile that is named by a variable can change."""
        return self.method in (ENVIRONMENT, WEB_IDENTITY) and not self.profile


class _Broken(Exception):
    """botocore raises an exception instead of finding credentials.

    Args:
        name: of that exception.
        method: what is at fault if it is the environment, which a named profile would not read.
    """

    def __init__(self, name: str, method: str = "") -> None:
        super().__init__(name)
        self.name = name
        self.method = method


def find_source(files: AwsFiles, environ: Mapping[str, str], profile: str, *, explicit: bool) -> Source:
    """What gives the credentials.

    Args:
        profile: the name in effect, `default` when none is chosen.
        explicit: it was given as an option, which turns the variables with keys off.
    """
    chain = _Chain(files, environ, profile)
    steps: list[Callable[[], Source | None]] = [
        chain.assume_role,
        lambda: chain.of_profile(profile, explicit=explicit),
        chain.ec2_file,
        chain.boto_file,
        chain.container,
    ]
    if not explicit:
        steps.insert(0, chain.environment)
    return _outcome(steps)


def _outcome(steps: list[Callable[[], Source | None]]) -> Source:
    for step in steps:
        try:
            found = step()
        except _Broken as broken:
            return Source(broken.method, problem=broken.name)
        if found is not None:
            return found
    return Source()


class _Chain:
    """The steps; each gives its credentials, or `None` when it is not configured."""

    def __init__(self, files: AwsFiles, environ: Mapping[str, str], profile: str) -> None:
        self._files = files
        self._environ = environ
        self._profile = profile
        self._visited = [profile]

    def environment(self) -> Source | None:
        key = self._environ.get("AWS_ACCESS_KEY_ID", "")
        if not key:
            return None
        if not self._environ.get("AWS_SECRET_ACCESS_KEY"):
            raise _Broken("PartialCredentialsError", ENVIRONMENT)
        return Source(ENVIRONMENT, access_key_id=key, account=self._environ.get("AWS_ACCOUNT_ID", ""))

    def assume_role(self) -> Source | None:
        if not _assumes_role(self._files.profiles.get(self._profile, {})):
            return None
        return self._role(self._profile)

    def of_profile(self, profile: str, *, explicit: bool) -> Source | None:
        """What one profile gives by itself, a role with a source profile aside."""
        section = self._files.profiles.get(profile, {})
        return (
            self._web_identity(profile, section, explicit=explicit)
            or self._sso(profile, section)
            or self._static(CREDENTIALS_FILE, profile, self._files.credentials.get(profile, {}))
            or (Source(LOGIN, profile) if "login_session" in section else None)
            or self._process(profile, section)
            or self._static(CONFIG_FILE, profile, self._files.config.get(profile, {}))
        )

    def ec2_file(self) -> Source | None:
        path = self._environ.get("AWS_CREDENTIAL_FILE")
        if path is None:
            return None
        try:
            with open(expand_user(path, self._environ)) as file:
                lines = file.read().splitlines()
        except (OSError, ValueError):
            raise _Broken("ConfigNotFound") from None
        values: dict[str, str] = {}
        for line in lines:
            key, equals, value = line.partition("=")
            if equals:
                values[key.strip()] = value.strip()
        if "AWSAccessKeyId" not in values:
            return None
        if "AWSSecretKey" not in values:
            raise _Broken("KeyError")
        return Source(EC2_FILE, access_key_id=values["AWSAccessKeyId"])

    def boto_file(self) -> Source | None:
        named = self._environ.get("BOTO_CONFIG")
        for path in ("/etc/boto.cfg", "~/.boto") if named is None else (named,):
            section = read_section(path, "Credentials", self._environ) or {}
            found = self._static(BOTO_FILE, "", section)
            if found is not None:
                return found
        return None

    def container(self) -> Source | None:
        names = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
        return Source(CONTAINER) if any(name in self._environ for name in names) else None

    def _role(self, profile: str) -> Source:
        section = self._files.profiles[profile]
        source, named = section.get("source_profile"), section.get("credential_source")
        if source is not None and named is not None:
            raise _Broken("InvalidConfigError")
        if source is None and named is None:
            raise _Broken("PartialCredentialsError")
        base = self._named_source(_text(named)) if source is None else self._source_profile(profile, _text(source))
        role_arn = _text(section["role_arn"])
        return Source(ASSUME_ROLE, profile, role_arn=role_arn, account=_role_account(role_arn), base=base)

    def _named_source(self, name: str) -> Source:
        if name not in _CREDENTIAL_SOURCES:
            raise _Broken("InvalidConfigError")
        steps = {ENVIRONMENT: self.environment, CONTAINER: self.container, MACHINE: Source}
        found = steps[_CREDENTIAL_SOURCES[name]]()
        if found is None:
            raise _Broken("CredentialRetrievalError")
        return found

    def _source_profile(self, parent: str, name: str) -> Source:
        if name not in self._files.profiles:
            raise _Broken("InvalidConfigError")
        section = self._files.profiles[name]
        static = any(key in section for key in _STATIC)
        # A profile may be its own source, for keys that stand beside its role.
        if name in self._visited and (name != parent or not static):
            raise _Broken("InfiniteLoopConfigError")
        self._visited.append(name)
        if _assumes_role(section) and not static:
            return self._role(name)
        found = self.of_profile(name, explicit=True)
        if found is None:
            raise _Broken("InvalidConfigError")
        return found

    def _web_identity(self, profile: str, section: Section, *, explicit: bool) -> Source | None:
        environ: Mapping[str, str] = {} if explicit else self._environ
        token = environ.get("AWS_WEB_IDENTITY_TOKEN_FILE", section.get("web_identity_token_file"))
        if not token:
            return None
        role_arn = _text(environ.get("AWS_ROLE_ARN", section.get("role_arn")))
        ours = not {"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"} & environ.keys()
        if not role_arn:
            raise _Broken("InvalidConfigError", "" if ours else WEB_IDENTITY)
        return Source(WEB_IDENTITY, profile if ours else "", role_arn=role_arn, account=_role_account(role_arn))

    def _sso(self, profile: str, section: Section) -> Source | None:
        if not any(key in section for key in _SSO_PROFILE):
            return None
        known = sso.merged(self._files, section)
        if known is None or any(key not in known for key in (*_SSO_PROFILE, *sso.REQUIRED)):
            raise _Broken("InvalidConfigError")
        name = _text(section.get("sso_session")) or _text(known["sso_start_url"])
        return Source(SSO, profile, account=_text(known["sso_account_id"]), name=name)

    def _static(self, method: str, profile: str, section: Section) -> Source | None:
        if "aws_access_key_id" not in section:
            return None
        if "aws_secret_access_key" not in section:
            raise _Broken("PartialCredentialsError")
        key, account = _text(section["aws_access_key_id"]), _text(section.get("aws_account_id"))
        return Source(method, profile, access_key_id=key, account=account)

    def _process(self, profile: str, section: Section) -> Source | None:
        if section.get("credential_process") is None:
            return None
        return Source(PROCESS, profile, account=_text(section.get("aws_account_id")))


def _assumes_role(section: Section) -> bool:
    return "role_arn" in section and "web_identity_token_file" not in section


def _text(value: str | dict[str, str] | None) -> str:
    return value if isinstance(value, str) else ""


def _role_account(role_arn: str) -> str:
    parts = role_arn.split(":")
    return parts[4] if len(parts) > 5 and parts[2] == "iam" and parts[5].startswith("role/") else ""
