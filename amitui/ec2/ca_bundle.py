"""The file of trusted certificates, checked before the first connection and named with what set it.

botocore takes AWS_CA_BUNDLE, else `ca_bundle` of the profile, else REQUESTS_CA_BUNDLE, and replaces nothing in
them. A file that is missing fails in the middle of making a client, as if some other file were missing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from amitui.errors import UsageError
from amitui.os_faults import own_words

if TYPE_CHECKING:
    from botocore.session import Session


def check_ca_bundle(session: Session, environ: Mapping[str, str]) -> None:
    """Load the file of certificates that this session will use; nothing for botocore's own.

    Raises:
        UsageError: it is missing, cannot be read, or holds no certificate.
    """
    path = session.get_config_variable("ca_bundle") or environ.get("REQUESTS_CA_BUNDLE")
    if not path:
        return
    import ssl

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        raise UsageError(
            f"cannot use the certificates that {_source(path, environ)} names: {path}",
            why="the file contains no certificate" if isinstance(error, ssl.SSLError) else own_words(error),
            remedy=_remedy(path),
        ) from error


def _source(path: str, environ: Mapping[str, str]) -> str:
    """What names the file, in botocore's order."""
    for variable in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        if environ.get(variable) == path:
            return variable
    return "ca_bundle in the AWS config"


def _remedy(path: str) -> str:
    if path.startswith("~") or "$" in path:
        return "write the full path: ~ and variables are not expanded"
    if os.path.isdir(path):
        return "name a file, not a folder"
    return "name a file with certificates (PEM), or unset it to use botocore's own"
