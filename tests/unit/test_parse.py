"""The compiled reader gives what botocore's own parser gives, for whatever EC2's operations can return."""

from __future__ import annotations

import pickle
import random
import re
from functools import lru_cache
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.sax.saxutils import escape

import botocore.session
import pytest
from botocore.parsers import EC2QueryParser, ResponseParserError
from hypothesis import given, settings
from hypothesis import strategies as st

from amitui.ec2.parse import ResponseReader
from amitui.ec2.response_table import UnsupportedShapeError, table_of

_TEXTS = ["", " padded ", "ami-0123456789abcdef0", "a<b>&c", "ü 日本 🚀", "x" * 300, "]]>", "line\nbreak"]
_NAMESPACE = ' xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"'


@lru_cache(maxsize=1)
def ec2_model() -> Any:
    return botocore.session.Session().get_service_model("ec2")


def output_shape(operation: str) -> Any:
    return ec2_model().operation_model(operation).output_shape


def as_sent(text: str) -> str:
    return text


def body_of(shape: Any, rng: random.Random, *, missing: float, namespace: str = _NAMESPACE) -> bytes:
    """A response that the shape allows, with unknown elements among the known."""
    inner = "".join(_members(shape, rng, missing, 0))
    head = f"<?xml version='1.0' encoding='UTF-8'?><Response{namespace}><requestId>r-1</requestId>"
    return f"{head}{inner}</Response>".encode()


def _members(shape: Any, rng: random.Random, missing: float, depth: int) -> list[str]:
    members = list(shape.members.items())
    rng.shuffle(members)
    parts = []
    for name, member in members:
        if rng.random() < missing:
            continue
        tag = member.serialization.get("name", name)
        parts.append(f"<{tag}>{_content(member, rng, missing, depth + 1)}</{tag}>")
    parts.append("<newFieldOfTomorrow><item>1</item></newFieldOfTomorrow>")
    return parts


def _content(shape: Any, rng: random.Random, missing: float, depth: int) -> str:
    kind = shape.type_name
    if kind == "structure":
        return "".join(_members(shape, rng, missing if depth < 6 else 0.9, depth))
    if kind == "list":
        count = rng.choice([0, 1, 2]) if depth < 6 else 0
        return "".join(f"\n<item>{_content(shape.member, rng, missing, depth + 1)}</item>\n" for _ in range(count))
    if kind in ("integer", "long"):
        return str(rng.randint(-(2**40), 2**40))
    if kind in ("float", "double"):
        return repr(rng.uniform(-1e6, 1e6))
    if kind == "boolean":
        return rng.choice(["true", "false", "TRUE", ""])
    if kind == "timestamp":
        return rng.choice(["2026-02-03T04:05:06.000Z", "2026-02-03T04:05:06Z"])
    if kind == "blob":
        return "aGVsbG8="
    return escape(rng.choice(_TEXTS))


def parsed_by_botocore(shape: Any, body: bytes, timestamp: Any = as_sent) -> dict[str, Any]:
    response = {"status_code": 200, "headers": {}, "body": body, "context": {"operation_name": "x"}}
    parsed: dict[str, Any] = EC2QueryParser(timestamp_parser=timestamp).parse(response, shape)
    metadata = parsed["ResponseMetadata"]
    del metadata["HTTPStatusCode"], metadata["HTTPHeaders"]
    if not metadata:
        del parsed["ResponseMetadata"]
    return parsed


def assert_equal_to_botocore(operation: str, body: bytes) -> None:
    shape = output_shape(operation)
    reader = ResponseReader(table_of(shape), as_sent)
    expected = parsed_by_botocore(shape, body)
    assert reader.read(body) == expected
    assert reader._read_tree(body, "") == expected


@settings(max_examples=80)
@given(st.integers(), st.sampled_from([0.0, 0.2, 0.7]))
def test_images_are_read_as_botocore_reads_them(seed: int, missing: float) -> None:
    shape = output_shape("DescribeImages")
    assert_equal_to_botocore("DescribeImages", body_of(shape, random.Random(seed), missing=missing))


_TAG = re.compile(rb"<(/?)([A-Za-z][A-Za-z0-9]*)([^<>]*)>")
_CONTENT = re.compile(rb">([^<>]+)<")


def disguised(body: bytes, rng: random.Random) -> bytes:
    """The same answer in XML that EC2 might send one day: attributes, prefixes, comments, CDATA, references."""
    prefix = rng.choice([b"", b"ec2:"])

    def tag(found: re.Match[bytes]) -> bytes:
        closing, name, rest = found.groups()
        if rest.startswith(b" xmlns"):
            rest = b' xmlns:ec2="http://ec2.amazonaws.com/doc/2016-11-15/"' if prefix else rest
        elif not closing and rng.random() < 0.2:
            rest = rng.choice([b' a="&gt;/"', b" ", b' nil="true" b="1"', b' imageId="x"']) + rest
        comment = rng.choice([b"<!-- <imageId>no</imageId> -->", b"<?pi <a>?>"]) if rng.random() < 0.1 else b""
        return b"<" + closing + prefix + name + rest + b">" + (comment if closing else b"")

    def content(found: re.Match[bytes]) -> bytes:
        text = found[1]
        if rng.random() < 0.6:
            return found[0]
        plain = text.replace(b"&lt;", b"<").replace(b"&gt;", b">").replace(b"&amp;", b"&")
        references = "".join(f"&#x{ord(letter):x};" for letter in plain.decode()).encode()
        middle = len(text) // 2 if text.isascii() and b"&" not in text else len(text)
        ways = [references, text[:middle] + b"<!-- x -->" + text[middle:]]
        if b"]]>" not in plain:
            ways.append(b"<![CDATA[" + plain + b"]]>")
        return b">" + rng.choice(ways) + b"<"

    return _TAG.sub(tag, _CONTENT.sub(content, body))


@settings(max_examples=80, deadline=None)
@given(st.integers(), st.sampled_from([0.0, 0.5]))
def test_however_its_xml_is_written_an_answer_is_read_as_botocore_reads_it(seed: int, missing: float) -> None:
    rng = random.Random(seed)
    body = body_of(output_shape("DescribeImages"), rng, missing=missing)
    assert_equal_to_botocore("DescribeImages", disguised(body, rng))


@settings(max_examples=80, deadline=None)
@given(st.integers(), st.data())
def test_an_answer_that_is_cut_off_or_overwritten_is_read_as_botocore_reads_it_or_refused_by_both(
    seed: int, data: st.DataObject
) -> None:
    shape = output_shape("DescribeImages")
    whole = body_of(shape, random.Random(seed), missing=0.7)
    at = data.draw(st.integers(0, len(whole) - 1))
    body = (
        whole[:at] + data.draw(st.sampled_from([b"", b"<", b"&", b"\x00", b"\xff", b"</item>"])) + whole[at + 1 :]
    )
    if data.draw(st.booleans()):
        body = whole[:at]
    try:
        expected = parsed_by_botocore(shape, body)
    except ResponseParserError:
        with pytest.raises(ParseError):
            ResponseReader(table_of(shape), as_sent).read(body)
    else:
        assert ResponseReader(table_of(shape), as_sent).read(body) == expected


_ELEMENT = re.compile(rb"<([A-Za-z0-9]+)>([^<]*)</\1>")


def bent(body: bytes, rng: random.Random, rate: float) -> bytes:
    """The body with a share of its innermost elements removed, emptied, renamed, doubled or with another text."""

    def bend(element: re.Match[bytes]) -> bytes:
        if rng.random() >= rate:
            return element[0]
        name, text = element[1], element[2]
        return rng.choice(
            [
                b"",
                b"<%s/>" % name,
                b"<%s>junk</%s>" % (name, name),
                b"<%s><item><x>1</x></item></%s>" % (name, name),
                b"<x%s>%s</x%s>" % (name, text, name),
                element[0] * 2,
            ]
        )

    return _ELEMENT.sub(bend, body)


@pytest.mark.parametrize("rate", [0.08, 0.5, 1.0])
def test_whatever_is_in_its_elements_an_answer_is_read(rate: float) -> None:
    rng = random.Random(rate)
    operations = [name for name in ec2_model().operation_names if output_shape(name) is not None]
    for operation in ["DescribeImages", "DescribeInstances", *rng.sample(operations, 40)]:
        shape = output_shape(operation)
        body = bent(body_of(shape, rng, missing=0.3), rng, rate)
        found = ResponseReader(table_of(shape), as_sent).read(body)
        assert found.keys() <= {*shape.members, "ResponseMetadata"}


@pytest.mark.parametrize("seed", range(5))
def test_every_operation_of_ec2_is_read_as_botocore_reads_it(seed: int) -> None:
    rng = random.Random(seed)
    operations = [name for name in ec2_model().operation_names if output_shape(name) is not None]
    for operation in rng.sample(operations, 60):
        assert_equal_to_botocore(operation, body_of(output_shape(operation), rng, missing=0.3))


def test_every_kind_of_field_that_images_have_is_covered() -> None:
    body = body_of(output_shape("DescribeImages"), random.Random(4), missing=0.0)
    images = ResponseReader(table_of(output_shape("DescribeImages")), as_sent).read(body)["Images"]
    assert any(image["BlockDeviceMappings"] for image in images)
    assert {type(value) for image in images for value in image.values()} == {str, bool, dict, list}


@pytest.mark.parametrize(
    "body",
    [
        b"<R/>",
        b"<R><imagesSet/></R>",
        b"<R><imagesSet><item/></imagesSet><nextToken/></R>",
        b"<R><imagesSet><item><imageId>ami-1</imageId><tagSet/><description/></item></imagesSet></R>",
        b"<R><imagesSet><item><name>a<!-- no -->b</name><name2>c</name2></item></imagesSet></R>",
    ],
)
def test_empty_and_missing_elements_are_read_as_botocore_reads_them(body: bytes) -> None:
    assert_equal_to_botocore("DescribeImages", body)


def test_elements_without_the_namespace_are_read_too() -> None:
    shape = output_shape("DescribeImages")
    assert_equal_to_botocore("DescribeImages", body_of(shape, random.Random(7), missing=0.1, namespace=""))


def test_a_response_longer_than_one_bite_is_read_whole() -> None:
    items = b"".join(
        b"<item><imageId>ami-%017x</imageId><name>\xc3\xbc%d</name></item>" % (n, n) for n in range(4000)
    )
    body = b"<R" + _NAMESPACE.encode() + b"><imagesSet>" + items + b"</imagesSet><nextToken>more</nextToken></R>"
    assert_equal_to_botocore("DescribeImages", body)


def test_timestamps_become_what_the_caller_wants_of_them() -> None:
    body = (
        b"<R><imagesSet><item><imageWatermarkSet><item><watermarkCreationTime>2026-02-03T04:05:06.000Z"
        b"</watermarkCreationTime></item></imageWatermarkSet></item></imagesSet></R>"
    )
    shape = output_shape("DescribeImages")
    image = ResponseReader(table_of(shape), as_sent).read(body)["Images"][0]
    assert image["ImageWatermarks"] == [{"WatermarkCreationTime": "2026-02-03T04:05:06.000Z"}]
    assert ResponseReader(table_of(shape), len).read(body)["Images"][0]["ImageWatermarks"] == [
        {"WatermarkCreationTime": 24}
    ]


@pytest.mark.parametrize("body", [b"", b"<R>", b"not xml", b"<html><body>proxy</html>"])
def test_what_is_not_xml_is_an_error(body: bytes) -> None:
    with pytest.raises(ParseError):
        ResponseReader(table_of(output_shape("DescribeImages")), as_sent).read(body)


@pytest.mark.parametrize("size", [b"big", b"", b"1.5", b"0x10", b"9" * 5_000])
def test_a_number_that_is_none_is_missing_and_costs_nothing_else(size: bytes) -> None:
    volume = b"<item><deviceName>/dev/sda1</deviceName><ebs><volumeSize>%s</volumeSize></ebs></item>" % size
    body = (
        b"<R><imagesSet><item><imageId>ami-1</imageId><blockDeviceMapping>%s</blockDeviceMapping></item>" % volume
    )
    body += b"<item><imageId>ami-2</imageId></item></imagesSet></R>"
    images = ResponseReader(table_of(output_shape("DescribeImages")), as_sent).read(body)["Images"]
    assert images == [
        {"ImageId": "ami-1", "BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {}}]},
        {"ImageId": "ami-2"},
    ]


def test_an_entry_of_a_list_of_numbers_that_is_none_is_left_out() -> None:
    reader = ResponseReader(table_of(output_shape("DescribeInstanceTypes")), as_sent)
    threads = b"<item>1</item><item>two</item><item/><item>4</item>"
    info = b"<vCpuInfo><validThreadsPerCore>%s</validThreadsPerCore></vCpuInfo>" % threads
    found = reader.read(b"<R><instanceTypeSet><item>%s</item></instanceTypeSet></R>" % info)
    assert found == {"InstanceTypes": [{"VCpuInfo": {"ValidThreadsPerCore": [1, 4]}}]}


def test_a_table_survives_the_way_to_another_process() -> None:
    table = table_of(output_shape("DescribeImages"))
    sent = pickle.dumps(table)
    assert pickle.loads(sent) == table
    assert b"botocore" not in sent


def test_shapes_of_other_protocols_are_left_to_botocore() -> None:
    s3 = botocore.session.Session().get_service_model("s3")
    with pytest.raises(UnsupportedShapeError):
        ResponseReader(table_of(s3.operation_model("GetObject").output_shape), as_sent)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Sign in</body></html>",
        b"<DescribeTagsResponse><requestId>r-1</requestId></DescribeTagsResponse>",
        b"<Response><Errors><Error><Code>InternalError</Code></Error></Errors></Response>",
    ],
)
def test_another_document_is_not_read_as_an_empty_answer(body: bytes) -> None:
    reader = ResponseReader(table_of(output_shape("DescribeImages")), str)
    with pytest.raises(ValueError, match="and not with <DescribeImagesResponse>"):
        reader.read(body, "DescribeImages")
