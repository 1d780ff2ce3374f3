"""Rows as text for other programs: one function a format, each quoting for its target (names come from strangers).

Full records are asked for one by one through `RecordOf`, so that exporting many holds none of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from amitui.domain.image.image import ImageFlag, RawRecord
from amitui.domain.image.row import ImageRow
from amitui.presentation.account_names import NO_NAMES, AccountNames

if TYPE_CHECKING:
    from amitui.domain.operations.operation import Event, Operation

RecordOf = Callable[[ImageRow], RawRecord]
"""Gives the full sanitized record behind a row."""

Write = Callable[[Iterable[ImageRow], RecordOf], Iterator[str]]
"""Gives the text of rows, piece by piece."""

WriteNamed = Callable[[Iterable[ImageRow], RecordOf, AccountNames], Iterator[str]]
"""Says also through which account each row is seen, where several are used together."""

ACCOUNT_FIELDS = ("Account", "AccountName", "OwnerName")
"""Further columns of CSV and TSV where several accounts are used together."""

CSV_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
"""What makes a spreadsheet run a cell (CWE-1236, OWASP ASVS 1.2.10)."""

_MINUS_SIGN = "\u2212"
"""The minus of numbers in some locales of spreadsheets; no compatibility form of the hyphen-minus."""

FIELDS = (
    "ImageId",
    "Region",
    "Name",
    "OwnerId",
    "Publisher",
    "Trust",
    "Architecture",
    "Platform",
    "State",
    "CreationDate",
    "DeprecationTime",
    "RootDeviceType",
    "VirtualizationType",
    "BootMode",
    "SizeGiB",
    "Public",
    "Paid",
    "Encrypted",
    "Description",
)
"""Columns of CSV and TSV: EC2's names where EC2 has one."""


def iso(seconds: int | None) -> str:
    """A time as `2026-01-31T12:00:00Z`; empty for none."""
    return "" if seconds is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def values(row: ImageRow) -> tuple[str, ...]:
    """A row's cells in the order of `FIELDS`, unquoted."""
    return (
        row.image_id,
        row.region,
        row.name,
        row.owner_id,
        row.publisher or row.owner_alias,
        row.trust.name.lower(),
        row.architecture,
        row.platform,
        row.state,
        iso(row.created),
        iso(row.deprecated),
        row.root_device_type,
        row.virtualization,
        row.boot_mode,
        str(row.size_gib),
        _yes(row, ImageFlag.PUBLIC),
        _yes(row, ImageFlag.PAID),
        _yes(row, ImageFlag.ENCRYPTED),
        row.description,
    )


def _yes(row: ImageRow, flag: ImageFlag) -> str:
    return "true" if row.flags & flag else "false"


def _ids(rows: Iterable[ImageRow], _: RecordOf) -> Iterator[str]:
    for row in rows:
        yield f"{row.image_id}\n"


def _table(rows: Iterable[ImageRow], _: RecordOf, names: AccountNames = NO_NAMES) -> Iterator[str]:
    from amitui.presentation.printed_table import table_lines

    return (f"{line}\n" for line in table_lines(rows, names=names))


def csv_cell(text: str) -> str:
    """A CSV cell that no spreadsheet takes for a formula."""
    return _quoted_cell(_no_formula(text), ",")


def tsv_cell(text: str) -> str:
    """A TSV cell that no spreadsheet takes for a formula, nor for the beginning of a cell of several lines.

    Programs that read TSV for spreadsheets know the quotes of CSV: a cell that began with one would go on to the
    next quote, over cells and lines.
    """
    return _quoted_cell(_no_formula(text), "\t")


def _quoted_cell(text: str, separator: str) -> str:
    if any(one in text for one in (separator, '"', "\n", "\r")) or text[:1].isspace() or text[-1:].isspace():
        return '"' + text.replace('"', '""') + '"'
    return text


def _no_formula(text: str) -> str:
    """The text with a `'` before it where a spreadsheet would compute it.

    Spreadsheets look behind leading blanks, and some take full-width and small forms of the signs for the signs.
    """
    start = text.lstrip()[:1]
    if not start.isascii():
        from unicodedata import normalize

        start = normalize("NFKC", start)
    starts = (*CSV_FORMULA_STARTS, _MINUS_SIGN)
    return f"'{text}" if text.startswith(starts) or start.startswith(starts) else text


def _csv(rows: Iterable[ImageRow], _: RecordOf, names: AccountNames = NO_NAMES) -> Iterator[str]:
    yield ",".join(_fields(names)) + "\r\n"
    for row in rows:
        yield ",".join(map(csv_cell, (*values(row), *_account(row, names)))) + "\r\n"


def _tsv(rows: Iterable[ImageRow], _: RecordOf, names: AccountNames = NO_NAMES) -> Iterator[str]:
    yield "\t".join(_fields(names)) + "\n"
    for row in rows:
        yield "\t".join(map(tsv_cell, (*values(row), *_account(row, names)))) + "\n"


def _fields(names: AccountNames) -> tuple[str, ...]:
    return (*FIELDS, *ACCOUNT_FIELDS) if names.members else FIELDS


def _account(row: ImageRow, names: AccountNames) -> tuple[str, ...]:
    """The cells of `ACCOUNT_FIELDS`, where they are wanted."""
    return (names.account_of(row), names.name_of(row), names.owner_name(row)) if names.members else ()


def json_value(row: ImageRow, record_of: RecordOf, names: AccountNames) -> RawRecord:
    """An image as JSON has it: EC2's record, and under `Amitui` what amitui adds to it."""
    added = {
        "Region": row.region,
        "Publisher": row.publisher or None,
        "Trust": row.trust.name.lower(),
        "SizeGiB": row.size_gib,
        **{field: value or None for field, value in zip(ACCOUNT_FIELDS, _account(row, names), strict=False)},
    }
    return {**record_of(row), "Amitui": added}


def _jsonl(rows: Iterable[ImageRow], record_of: RecordOf, names: AccountNames = NO_NAMES) -> Iterator[str]:
    import json

    for row in rows:
        yield json.dumps(json_value(row, record_of, names)) + "\n"


def _json(rows: Iterable[ImageRow], record_of: RecordOf, names: AccountNames = NO_NAMES) -> Iterator[str]:
    import json

    separator = '{"Images": [\n'
    for row in rows:
        yield separator + json.dumps(json_value(row, record_of, names))
        separator = ",\n"
    yield '{"Images": []}\n' if separator.startswith("{") else "\n]}\n"


def _shell(rows: Iterable[ImageRow], _: RecordOf) -> Iterator[str]:
    from amitui.domain.shell import quoted

    for row in rows:
        yield (
            f"AMI_ID={quoted(row.image_id)} AMI_REGION={quoted(row.region)} "
            f"AMI_OWNER={quoted(row.owner_id)} AMI_NAME={quoted(row.name)}\n"
        )


def _arns(rows: Iterable[ImageRow], _: RecordOf) -> Iterator[str]:
    from amitui.domain.region import partition_of

    for row in rows:
        # An image's ARN names no account.
        yield f"arn:{partition_of(row.region)}:ec2:{row.region}::image/{row.image_id}\n"


class ExportFormat(NamedTuple):
    """A form in which rows are printed by `find -o` and written by the export screen."""

    name: str
    """What `-o` takes, and what the screen shows."""
    suffix: str
    """Of the file that the screen proposes."""
    write: Write
    about: str
    """What is written, in words, for the screen and for completion."""
    needs_records: bool = False
    """Whether it reads the full records."""
    code: bool = False
    """Code that names an image, rather than a list of what was found."""
    named: WriteNamed | None = None
    """The same with the accounts through which rows are seen; `None`: it says nothing of them."""

    def written(self, rows: Iterable[ImageRow], record_of: RecordOf, names: AccountNames) -> Iterator[str]:
        """The text of rows, with the accounts through which they are seen where `names` has any."""
        return self.write(rows, record_of) if self.named is None else self.named(rows, record_of, names)


def _code(name: str, suffix: str, writer: str, about: str) -> ExportFormat:
    """A format that a function of `presentation.snippets` writes, which is imported when it is asked for."""

    def write(rows: Iterable[ImageRow], _: RecordOf) -> Iterator[str]:
        from importlib import import_module

        module, _dot, function = writer.partition(".")
        written: Iterator[str] = getattr(import_module(f"amitui.presentation.snippets.{module}"), function)(rows)
        return written

    return ExportFormat(name, suffix, write, about, code=True)


_ALL: Final = (
    ExportFormat("id", "txt", _ids, "image ids, one a line"),
    ExportFormat("arn", "txt", _arns, "ARNs, one a line"),
    ExportFormat("csv", "csv", _csv, "comma-separated values", named=_csv),
    ExportFormat("tsv", "tsv", _tsv, "tab-separated values", named=_tsv),
    ExportFormat("json", "json", _json, "EC2's full records, one document", needs_records=True, named=_json),
    ExportFormat("jsonl", "jsonl", _jsonl, "EC2's full records, one a line", needs_records=True, named=_jsonl),
    ExportFormat("table", "txt", _table, "a table to read", named=_table),
    ExportFormat("sh", "env", _shell, "shell variables: id, Region, owner, name"),
    _code("aws", "sh", "commands.find_commands", "AWS CLI: find the newest build"),
    _code("aws-run", "sh", "commands.launch_commands", "AWS CLI: launch this build"),
    _code("terraform", "tf", "terraform.terraform", "Terraform: data source, newest build"),
    _code("terraform-map", "tf", "terraform.terraform_map", "Terraform: map from Region to id, pinned"),
    _code("cloudformation", "yaml", "yaml.cloudformation", "CloudFormation: mapping, public parameter"),
    _code("cdk", "py", "python.cdk", "CDK in Python, newest build"),
    _code("cdk-ts", "ts", "typescript.cdk", "CDK in TypeScript, newest build"),
    _code("pulumi", "py", "python.pulumi", "Pulumi in Python, newest build"),
    _code("pulumi-ts", "ts", "typescript.pulumi", "Pulumi in TypeScript, newest build"),
    _code("packer", "pkr.hcl", "packer.packer", "Packer: data source, newest build"),
    _code("ansible", "yaml", "yaml.ansible", "Ansible: tasks, newest build"),
    _code("boto3", "py", "python.boto3", "Python with boto3, newest build"),
)

FORMATS: Final[dict[str, ExportFormat]] = {one.name: one for one in _ALL}
"""Every format by its name; `-o` and the export screen offer them in this order."""


def trail_line(operation: Operation, event: Event) -> dict[str, Any]:
    """An event as a line of the audit trail: when, who, what, with which result."""
    return {
        "Time": f"{iso(int(event.at))[:-1]}.{int(event.at * 1000) % 1000:03}Z",
        "OperationId": operation.id,
        "AccountId": operation.account,
        "Profile": operation.profile,
        "Region": operation.plan.region,
        "Kind": operation.plan.kind,
        "Title": operation.plan.title,
        "Event": event.kind.value,
        "Data": dict(event.data),
    }
