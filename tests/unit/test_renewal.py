"""What is to be done about expired credentials fits what gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amitui.identity.caller import find_caller
from amitui.identity.renewal import renewal_words

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """
[profile corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 111122223333
sso_role_name = Admin

[profile vault]
credential_process = vault-keys

[profile written]
aws_access_key_id = ASIAWRITTEN
aws_secret_access_key = secret
aws_session_token = token

[profile console]
login_session = arn:aws:iam::111122223333:user/me

[profile pod]
role_arn = arn:aws:iam::111122223333:role/pod
web_identity_token_file = /tmp/token

[profile admin]
role_arn = arn:aws:iam::111122223333:role/admin
source_profile = corp

[profile deploy]
role_arn = arn:aws:iam::111122223333:role/deploy
source_profile = session keys

[profile empty]
region = eu-west-1
"""
CREDENTIALS = """
[session keys]
aws_access_key_id = ASIAEXAMPLE
aws_secret_access_key = secret
aws_session_token = token
"""
KEYS = "put new keys with their session token into"


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ("corp", "aws sso login --profile corp"),
        ("admin", "aws sso login --profile corp"),
        ("vault", "log in with the program that credential_process of profile vault runs"),
        ("written", f"{KEYS} [written] of the config file, from the tool that issued them"),
        ("session keys", f"{KEYS} [session keys] of the credentials file, from the tool that issued them"),
        ("deploy", f"{KEYS} [session keys] of the credentials file, from the tool that issued them"),
        ("console", "aws login --profile console"),
        ("pod", "put a new token into the file of the web identity (AWS_WEB_IDENTITY_TOKEN_FILE)"),
        ("empty", "aws sso login --profile empty, or the tool that issued them"),
        (None, "aws sso login, or the tool that issued them"),
    ],
)
def test_a_profile_is_renewed_as_its_kind_is(tmp_path: Path, profile: str | None, words: str) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(CONFIG, encoding="utf-8")
    (tmp_path / ".aws" / "credentials").write_text(CREDENTIALS, encoding="utf-8")
    caller = find_caller(profile, {"HOME": str(tmp_path)})
    assert renewal_words(caller.source, profile) == words


def test_keys_of_the_environment_are_renewed_there(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    assert renewal_words(find_caller(None, environ).source, None) == (
        "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN, or set new ones"
    )
