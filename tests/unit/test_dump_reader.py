"""Images in whatever JSON other programs put around them, in damaged text, and in text made to do harm."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amitui.catalog.dump.limits import LIMITS, Limits
from amitui.catalog.dump.reader import DumpReader, Found, Item, Unreadable
from amitui.catalog.dump.runs import RunRecords, done, run_records
from amitui.errors import AmituiError, UsageError


def read(text: str, *, piece: int = 1 << 16, limits: Limits = LIMITS) -> list[Item]:
    pieces = (text[start : start + piece] for start in range(0, len(text), piece))
    return list(DumpReader(pieces, limits).items())


def ids(items: Sequence[Item]) -> list[str]:
    return [item.record["ImageId"] for item in items if isinstance(item, Found)]


def places(items: Sequence[Item]) -> list[tuple[str, str | None]]:
    return [(item.record["ImageId"], item.region) for item in items if isinstance(item, Found)]


def complaints(items: Sequence[Item]) -> list[Unreadable]:
    return [item for item in items if isinstance(item, Unreadable)]


def image(number: int, **more: Any) -> dict[str, Any]:
    return {"ImageId": f"ami-{number:017x}", "Name": f"golden {number}", **more}


A, B, C = (image(number) for number in (1, 2, 3))
EVERY_ID = [A["ImageId"], B["ImageId"], C["ImageId"]]


def joined(*values: object, between: str = "", indent: int | None = None) -> str:
    return between.join(json.dumps(value, indent=indent) for value in values)


@pytest.mark.parametrize(
    "text",
    [
        joined({"Images": [A, B, C]}),
        joined({"Images": [A, B, C]}, indent=4),
        joined({"Images": [A, B, C], "NextToken": "x", "ResponseMetadata": {"RetryAttempts": 0}}),
        joined({"NextToken": None, "Images": [A, B, C]}),
        joined({"Images": [A]}, {"Images": [B, C]}),
        joined({"Images": [A]}, {"Images": [B, C]}, indent=4),
        joined({"Images": [A]}, {"Images": [B, C]}, between="\n"),
        joined({"Images": [A]}, {"Images": [B, C]}, between=",\n"),
        joined({"Images": [A]}, {"Images": [B, C]}, between="\n\ufeff"),
        "\x1e" + joined(A, B, C, between="\n\x1e"),
        joined(A, B, C, between="\n"),
        joined(A, B, C, between="\r\n\r\n"),
        "# images of May\n// and June\n" + joined(A, B, C, between="\n# next\n"),
        joined([A, B, C]),
        joined([A, B, C], indent=2),
        joined([{"Images": [A, B]}, {"Images": [C]}]),
        joined([{"Images": [A, B]}, {"Images": [C]}], indent=2),
        joined([[A, B], [C]]),
        joined([[A], [B]], between="\n") + "\n" + joined([C]),
        joined({"Images": {"golden": A, "other": [B]}}, [[[C]]]),
        joined({"plays": [{"tasks": [{"hosts": {"localhost": {"changed": False, "images": [A, B, C]}}}]}]}),
    ],
)
def test_every_joined_wrapped_or_slurped_form_gives_every_image(text: str) -> None:
    items = read(text)
    assert complaints(items) == []
    assert ids(items) == EVERY_ID
    assert read(text, piece=1) == items


@pytest.mark.parametrize(
    "value",
    [
        {"us-east-1": {"Images": [A]}, "eu-west-1": {"Images": [B, C]}},
        {"us-east-1": [A], "eu-west-1": [B, C]},
        {"us-east-1": A, "eu-west-1": {"Images": [B], "NextToken": ""}, "later": {"eu-west-1": [[C]]}},
        {"regions": [{"region": "us-east-1", "Images": [A]}, {"Images": [B, C], "Region": "eu-west-1"}]},
        {
            "changed": False,
            "results": [
                {"ansible_loop_var": "item", "images": [A], "item": "us-east-1"},
                {"images": [B, C], "invocation": {"module_args": {"region": "eu-west-1", "image_id": "ami-9"}}},
                {"failed": True, "msg": "An error occurred (UnauthorizedOperation)", "item": "eu-north-1"},
            ],
        },
    ],
)
def test_images_below_a_region_are_of_that_region(value: object) -> None:
    items = read(json.dumps(value))
    assert complaints(items) == []
    assert places(items) == [(A["ImageId"], "us-east-1"), (B["ImageId"], "eu-west-1"), (C["ImageId"], "eu-west-1")]


def test_a_region_holds_for_what_is_below_it_only() -> None:
    assert places(read(json.dumps([{"us-east-1": [A]}, B]))) == [(A["ImageId"], "us-east-1"), (B["ImageId"], None)]


ANSIBLE = {
    "architecture": "x86_64",
    "block_device_mappings": [
        {
            "device_name": "/dev/sda1",
            "ebs": {"delete_on_termination": True, "snapshot_id": "snap-1", "volume_size": 8},
        },
        {"device_name": "/dev/sdb", "virtual_name": "ephemeral0"},
    ],
    "creation_date": "2024-05-01T10:00:00.000Z",
    "ena_support": True,
    "image_id": "ami-0123456789abcdef0",
    "image_owner_alias": "amazon",
    "launch_permissions": [{"user_id": "111122223333"}],
    "name": "golden",
    "owner_id": "111122223333",
    "public": False,
    "root_device_type": "ebs",
    "state_reason": {"code": "x", "message": "y"},
    "tags": {"snake_case": "kept", "Name": "n"},
}


@pytest.mark.parametrize(
    "heading",
    [
        "",
        "localhost | SUCCESS => ",
        "PLAY [images] ******\n\nTASK [ec2_ami_info] ***\nok: [localhost] => (item=x) => ",
    ],
)
def test_ansibles_answers_are_read_with_ec2s_names(heading: str) -> None:
    items = read(heading + json.dumps({"changed": False, "images": [ANSIBLE]}, indent=4))
    assert complaints(items) == []
    (found,) = items
    assert isinstance(found, Found)
    assert found.record == {
        "Architecture": "x86_64",
        "BlockDeviceMappings": [
            {
                "DeviceName": "/dev/sda1",
                "Ebs": {"DeleteOnTermination": True, "SnapshotId": "snap-1", "VolumeSize": 8},
            },
            {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"},
        ],
        "CreationDate": "2024-05-01T10:00:00.000Z",
        "EnaSupport": True,
        "ImageId": "ami-0123456789abcdef0",
        "ImageOwnerAlias": "amazon",
        "LaunchPermissions": [{"UserId": "111122223333"}],
        "Name": "golden",
        "OwnerId": "111122223333",
        "Public": False,
        "RootDeviceType": "ebs",
        "StateReason": {"Code": "x", "Message": "y"},
        "Tags": [{"Key": "snake_case", "Value": "kept"}, {"Key": "Name", "Value": "n"}],
    }


@pytest.mark.parametrize("packed", [False, True], ids=["JSON columns", "JSON in texts"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_steampipes_rows_are_read_with_ec2s_names(packed: bool, wrapped: bool) -> None:
    def column(value: object) -> object:
        return json.dumps(value) if packed else value

    row = {
        "name": "golden",
        "image_id": "ami-0123456789abcdef0",
        "owner_id": "111122223333",
        "description": None,
        "public": False,
        "block_device_mappings": column([{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8}, "NoDevice": None}]),
        "tags_src": column([{"Key": "Env", "Value": "prod"}]),
        "tags": column({"Env": "prod"}),
        "product_codes": "[NaN, 1e999]" if packed else [None, None],
        "state_reason": "[" * 5_000 if packed else None,
        "title": "golden",
        "akas": column(["arn:aws:ec2:us-east-1::image/ami-0123456789abcdef0"]),
        "partition": "aws",
        "region": "us-east-1",
        "account_id": "444455556666",
        "sp_connection_name": "aws",
        "_ctx": {"connection_name": "aws"},
    }
    (found,) = read(
        json.dumps({"columns": [{"name": "image_id", "data_type": "text"}], "rows": [row]} if wrapped else [row])
    )
    assert isinstance(found, Found)
    assert found.account == "444455556666"
    assert found.record == {
        "Name": "golden",
        "ImageId": "ami-0123456789abcdef0",
        "OwnerId": "111122223333",
        "Public": False,
        "BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8}, "NoDevice": None}],
        "Tags": [{"Key": "Env", "Value": "prod"}],
        "ProductCodes": [None, None],
        **({"StateReason": "[" * 5_000} if packed else {}),
        "Region": "us-east-1",
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (joined([{"ID": "ami-1", "Date": "2024"}]), 'it has no ImageId: {"ID": "ami-1"'),
        (joined({"Images": [{"Name": "x", "BlockDeviceMappings": [{"DeviceName": "/dev/sda1"}]}]}), "no ImageId"),
        (joined({"us-east-1": {"HVM64": "ami-1"}}), "no ImageId"),
        (joined([["ami-1", "golden"]]), "this is a text"),
        (joined({"Images": ["ami-1", "ami-2", "ami-3"]}), "this is a text"),
        ("null", "this is null"),
        (joined({"Reservations": [{"Instances": [{"InstanceId": "i-1", "ImageId": "ami-1"}]}]}), "an instance"),
        (joined({"ImageId": "ami-1", "LaunchPermissions": []}), "DescribeImageAttribute"),
        (joined({"Images": [{"ImageId": "ami-1", "RecycleBinEnterTime": "2024"}]}), "Recycle Bin"),
        ("Images:\n- Architecture: x86_64\n  ImageId: ami-1\n", "YAML"),
        ("---\n- ImageId: ami-1\n", "YAML"),
        ("IMAGES\tx86_64\t2024-01-01\tami-1\nBLOCKDEVICEMAPPINGS\t/dev/sda1\n", "--output text"),
        ("ami-1\tami-2\n", "--output text"),
        ("-----------------\n| DescribeImages |\n+------+\n", "--output table"),
        ("<?xml version='1.0'?><DescribeImagesResponse>", "XML"),
        ("ImageId,Name\nami-1,golden\n", "CSV"),
        ("An error occurred (UnauthorizedOperation) when calling", "error message"),
        ("hello", "expected what `aws ec2 describe-images --output json` prints: hello"),
    ],
)
def test_what_is_no_image_is_said_once_and_says_what_is_wanted(text: str, words: str) -> None:
    for piece in (1, 7, 1 << 16):
        (found,) = read(text, piece=piece)
        assert isinstance(found, Unreadable)
        assert words in found.why
        assert "\n" not in found.why


@pytest.mark.parametrize("indent", [None, 4])
@pytest.mark.parametrize(
    "damage",
    [
        '{"ImageId": "ami-2", "Name": oops}',
        '{"ImageId": "ami-2", "Name": "a\tb"}',
        '{"Tags": [{"Key" "Value"}], "ImageId": "ami-2"}',
        '{"ImageId": "ami-2",, "Name": "x"}',
        '{"ImageId" "ami-2"}',
        '{"ImageId": "ami-2", "Tags": ' + "[" * 5_000 + "]" * 5_000 + "}",
        '{"ImageId": "ami-2", "Tags": ' + "[" * 70 + "]" * 70 + "}",
        '{"ImageId": "ami-2", "Tags": [' + "{}," * 20_001 + "{}]}",
        '{"Description": "' + "x" * 1_500_000 + '", "ImageId": "ami-2"}',
        "nonsense",
    ],
)
def test_of_damaged_text_only_the_record_around_the_damage_is_left_out(damage: str, indent: int | None) -> None:
    whole = joined({"Images": [A, "HERE", C]}, indent=indent)
    items = read(whole.replace('"HERE"', damage))
    assert ids(items) == [A["ImageId"], C["ImageId"]]
    assert len(complaints(items)) == 1
    lines = read("\n".join((json.dumps(A), damage, json.dumps(C))))
    assert ids(lines) == [A["ImageId"], C["ImageId"]]
    assert [bad.line for bad in complaints(lines)] == [2]


@pytest.mark.parametrize(
    "broken",
    ['{"ImageId": "ami-2", "Tags": [{"Key": "a"', '{"Name": "no end of the text, "ImageId": "ami-2"}', '{"'],
)
def test_a_record_without_its_end_costs_no_other_where_lines_tell_where_records_begin(broken: str) -> None:
    assert ids(read("\n".join((json.dumps(A), broken, json.dumps(C))))) == [A["ImageId"], C["ImageId"]]
    listed = "[\n  " + ",\n  ".join((json.dumps(A), broken, json.dumps(C))) + "\n]"
    assert ids(read(listed)) == [A["ImageId"], C["ImageId"]]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_text_that_is_cut_off_keeps_what_came_before_and_says_so(data: st.DataObject) -> None:
    whole = json.dumps({"Images": [A, B, C]}, indent=data.draw(st.sampled_from([None, 2])))
    end = data.draw(st.integers(1, len(whole) - 1))
    items = read(whole[:end])
    assert ids(items) == EVERY_ID[: len(ids(items))]
    assert len(ids(items)) == min(3, whole[:end].count("}")), "each has one pair of braces"
    assert any(bad.cut_off for bad in complaints(items))


REGIONS = ("us-east-1", "eu-central-1", "us-gov-west-1")


@st.composite
def wrapped(draw: st.DrawFn) -> tuple[str, list[tuple[str, str | None]]]:
    """A text of nested wrappers, and the images in it with their regions."""
    numbers = iter(range(1, 1_000))
    expected: list[tuple[str, str | None]] = []

    def value(region: str | None, depth: int) -> object:
        kind = draw(st.sampled_from(("image", "list", "answer", "region", "other"))) if depth else "image"
        if kind == "image":
            found = image(
                next(numbers),
                Description=draw(st.text(max_size=8)),
                Tags=[{"Key": draw(st.sampled_from(('"', "}]", "\\", "\n{"))), "Value": ""}],
            )
            expected.append((found["ImageId"], region))
            return found
        if kind == "list":
            return several(region, depth)
        if kind == "answer":
            return {"Images": several(region, depth), "NextToken": draw(st.sampled_from((None, "{", "]")))}
        if kind == "region":
            name = draw(st.sampled_from(REGIONS))
            return {name: value(name, depth - 1)}
        return {"changed": False, "why": [1, {"a": []}], "results": several(region, depth), "n": 1.5}

    def several(region: str | None, depth: int) -> list[object]:
        return [value(region, depth - 1) for _ in range(draw(st.integers(0, 3)))]

    texts = []
    for _ in range(draw(st.integers(1, 3))):
        document = value(None, 4)
        texts.append(
            json.dumps(document, indent=draw(st.sampled_from((None, 2, "\t"))), ensure_ascii=draw(st.booleans()))
        )
    return draw(st.sampled_from(("", "\n", ",\n", " \r\n\r\n"))).join(texts), expected


@given(wrapped(), st.integers(1, 40))
@settings(max_examples=80, deadline=None)
def test_any_nesting_in_any_pieces_gives_the_same_images(
    case: tuple[str, list[tuple[str, str | None]]], piece: int
) -> None:
    text, expected = case
    whole = read(text)
    assert complaints(whole) == []
    assert places(whole) == expected
    assert read(text, piece=piece) == whole


SMALL = Limits(
    record_chars=200, record_depth=6, wrapper_depth=5, barren_chars=3_000, barren_values=400, unreadable=50
)

SCRAPS = (
    *(
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        '"',
        "\\",
        "\n",
        "  ",
        "#",
        "//",
        "=> ",
        "null",
        "NaN",
        "-",
        "1e999",
        "9" * 300,
    ),
    *('"ImageId"', '"image_id": "ami-1"', '{"ImageId": "ami-2"}', '"Images": [', '{"us-east-1": ', '"\\ud800"'),
    *(
        "\x00",
        "\ufeff",
        "\x1e",
        "\u2028",
        "é",
        "Images:\n- a",
        "x\ty",
        '"' + "y" * 300 + '"',
        "[" * 20,
        '{"a":' * 9,
    ),
)


def outcome(text: str, piece: int) -> tuple[list[tuple[str, str | None]], str]:
    """Images until the end, or until the reader gives up with words."""
    found: list[tuple[str, str | None]] = []
    try:
        pieces = (text[start : start + piece] for start in range(0, len(text), piece))
        for item in DumpReader(pieces, SMALL).items():
            found += places([item])
    except AmituiError as error:
        return found, error.what
    return found, ""


@given(
    st.lists(st.one_of(st.sampled_from(SCRAPS), st.text(max_size=4)), max_size=60).map("".join), st.integers(1, 30)
)
@settings(max_examples=200, deadline=None)
def test_garbage_ends_with_words_and_alike_in_any_pieces(text: str, piece: int) -> None:
    assert outcome(text, piece) == outcome(text, 1 << 16)


def repeated(text: str, times: int) -> Iterator[str]:
    for _ in range(times):
        yield text


@pytest.mark.parametrize(
    ("piece", "words"),
    [
        (" " * 1_000, "no image in 100,000 characters"),
        ("x" * 1_000, "no image in 100,000 characters"),
        ("[" * 1_000, "no image in 100,000 characters"),
        ('{"a":' * 200, "no image in 100,000 characters"),
        ("9" * 1_000, "no image in 100,000 characters"),
        ("[]," * 100, "no image after 1,000 values"),
        ('{"a": [1]},' * 100, "no image after 1,000 values"),
        ("{}\n" * 100, "no image after 500 that could not be read"),
        ("nonsense\n{]" * 100, "no image after 500 that could not be read"),
    ],
)
def test_a_text_without_end_and_without_images_is_given_up(piece: str, words: str) -> None:
    limits = Limits(record_chars=5_000, barren_chars=100_000, barren_values=1_000, unreadable=500)
    given_out = 0

    def pieces() -> Iterator[str]:
        nonlocal given_out
        for text in repeated(piece, 1_000_000):
            given_out += len(text)
            yield text

    with pytest.raises(UsageError, match=words):
        for _ in DumpReader(pieces(), limits).items():
            pass
    assert given_out < 300_000


def test_an_image_now_and_then_keeps_a_long_text_worth_reading() -> None:
    limits = Limits(record_chars=500, barren_chars=3_000, barren_values=50, unreadable=3)
    text = ("{}\n" * 3 + " " * 2_000 + json.dumps(A) + "\n") * 20
    assert len(ids(read(text, piece=100, limits=limits))) == 20


def test_more_images_than_there_are_in_the_world_end_with_words() -> None:
    with pytest.raises(UsageError, match="more than 2 images"):
        read(joined(A, B, C), limits=Limits(records=2))


def test_numbers_that_json_or_memory_do_not_have_become_nothing() -> None:
    (found,) = read(
        '{"ImageId": "ami-1", "a": ' + "9" * 5_000 + ', "b": 1e999, "c": NaN, "d": 12345678901234567890}'
    )
    assert isinstance(found, Found)
    assert found.record == {"ImageId": "ami-1", "a": None, "b": None, "c": None, "d": 12345678901234567890}


@pytest.mark.parametrize(
    "text",
    [
        '{"SecretAccessKey": "hunter2", "AccessKeyId": "AKIAIOSFODNN7EXAMPLE"}',
        '{"Credentials": {"a": 1}, "Name": "x", "password": "hunter2"}',
        "aws_secret_access_key = hunter2/wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        '["FQoGZXIvYXdzEMn//////////wEaDhunter2"]',
    ],
)
def test_an_excerpt_shows_no_secret_and_no_control_character(text: str) -> None:
    for escape in ("", "\x1b[31m"):
        (found,) = read(text.replace("{", "{" + escape, 1) if escape and "{" in text else text)
        assert isinstance(found, Unreadable)
        assert "hunter2" not in found.why
        assert "AKIAIOSFODNN7EXAMPLE" not in found.why
        assert found.why.isprintable()
        assert len(found.why) < 200


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**21), 10**21) | st.floats(allow_nan=True) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("a", "Images", "Ebs")), inner),
    max_leaves=6,
)
RECORDS = st.builds(
    lambda first, number, value: {**first, "ImageId": f"ami-{number}", "Name": "n", "More": value},
    # Most begin alike, as what one program wrote.
    st.sampled_from(({}, {}, {}, {"Architecture": "arm64"}, {"InstanceId": "i-1"}, {"ImageId": 7})),
    st.integers(0, 9),
    VALUES,
)
DAMAGE = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(("", "{", "}", '"', ",", "\n", "]")))
)


def everything(text: str, piece: int, *, runs: int, ahead: bool) -> list[object]:
    """What is read, with the place of each.

    Args:
        runs: length of what is read together; 0: read one by one.
        ahead: whether all of the text is there from the beginning: what is made of damage near the end of a text
            depends on whether the end is known yet.
    """
    reader = DumpReader(iter([text[start : start + piece] for start in range(0, len(text), piece)]), LIMITS)
    reader._runs._vain = 0 if runs else 1000
    if ahead:
        reader._window.have(len(text) + 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("amitui.catalog.dump.runs.RUN_CHARS", runs)
        patch.setattr("amitui.catalog.dump.runs._FIRST_CHARS", runs)
        return [
            (json.dumps(item[:3]) if isinstance(item, Found) else item, reader.place) for item in reader.items()
        ]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(RECORDS, max_size=8),
    st.sampled_from(("lines", "list", "a line each", "indented")),
    DAMAGE,
    st.sampled_from((7, 300, 1 << 16)),
    st.sampled_from((150, 400, 1 << 16)),
)
def test_records_that_are_read_together_are_read_as_one_by_one(
    records: list[dict[str, Any]], form: str, damage: list[tuple[float, int, str]], piece: int, length_of_runs: int
) -> None:
    match form:
        case "lines":
            text = joined(*records, between="\n")
        case "a line each":
            text = '{"Images": [' + joined(*records, between=",\n") + "\n]}"
        case _:
            text = joined({"Images": records}, indent=4 if form == "indented" else None)
    for where, length, put in damage:
        at = int(where * len(text))
        text = text[:at] + put + text[at + length :]
    together, one_by_one = (everything(text, piece, runs=runs, ahead=bool(damage)) for runs in (length_of_runs, 0))
    assert together == one_by_one


def test_records_are_read_together() -> None:
    reader = DumpReader(iter([joined(*(image(number) for number in range(50)), between="\n")]))
    reader._window.have(1)
    run = reader._runs.take()
    assert run is not None
    assert [one.record["ImageId"] for one in run[0]] == [image(number)["ImageId"] for number in range(49)]


def test_a_number_that_the_fast_parser_does_not_read_exactly_stays_exact() -> None:
    text = joined(*(image(number, Size=10**25 + number) for number in range(5)), between="\n")
    assert [item.record["Size"] for item in read(text) if isinstance(item, Found)] == [
        10**25 + n for n in range(5)
    ]


def test_runs_are_read_side_by_side_and_what_is_none_is_read_again_one_by_one() -> None:
    records = [image(number, Description="x" * 200) for number in range(5_000)]
    records[2_500]["InstanceId"] = "i-1"
    records[2_501]["Size"] = 10**25
    under_way: list[Future[RunRecords]] = []
    most = 0

    def read_run(head: str, text: str) -> Future[RunRecords]:
        nonlocal most
        future: Future[RunRecords] = Late(lambda: done(run_records(head, text, LIMITS)).result())
        under_way.append(future)
        most = max(most, sum(not one.done() for one in under_way))
        return future

    text = joined(*records, between="\n")
    items = list(
        DumpReader(
            iter([text[start : start + 5_000] for start in range(0, len(text), 5_000)]), read_run=read_run
        ).items()
    )
    assert most == 4
    assert [item.record for item in items if isinstance(item, Found)] == records[:2_500] + records[2_501:]
    assert [item.line for item in complaints(items)] == [2_501]


class Late(Future[RunRecords]):
    """Is done when it is asked for its result."""

    def __init__(self, make: Callable[[], RunRecords]) -> None:
        super().__init__()
        self._make = make

    def result(self, timeout: float | None = None) -> RunRecords:
        if not self.done():
            self.set_result(self._make())
        return super().result(timeout)


def test_what_was_read_before_a_file_fails_is_given_before_the_failure() -> None:
    records = [image(number, Description="x" * 200) for number in range(3_000)]
    text = joined(*records, between="\n")

    def pieces() -> Iterator[str]:
        for start in range(0, len(text), 60_000):
            yield text[start : start + 60_000]
        raise OSError("the disk is gone")

    given: list[Item] = []
    with pytest.raises(OSError, match="the disk is gone"):
        given.extend(DumpReader(pieces()).items())
    assert [item.record for item in given if isinstance(item, Found)] == records[: len(given)]
    assert len(given) >= len(records) - 1
