"""The fake EC2 of whole catalogues keeps to EC2's rules: who sees what, filters, pages, limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from random import Random
from typing import Any

import pytest
from botocore.session import Session

from amitui.demo.cloud.filters import image_filter
from amitui.demo.cloud.model import CloudError
from amitui.demo.seed.partner_families import CANONICAL
from amitui.demo.seed.synthetic import SYNTHETIC_AS_OF
from tests.support import catalogue_faults as faults
from tests.support.catalogue_changes import (
    ACCOUNT,
    FRIEND,
    ODD_DATES,
    add_private,
    churn,
    prune,
    synthetic_catalogue,
)
from tests.support.catalogue_ec2 import REGION, Bucket, CatalogueEc2, catalogue_ec2
from tests.support.catalogue_images import Catalogue, Record, Shares, minute_number
from tests.support.catalogue_pages import Pager
from tests.support.catalogue_process import CatalogueProcess
from tests.support.catalogue_query import Filter, Question, Resolver, named

IMAGES = 1500
NOW = 202609210000
TODAY: Callable[[], int] = lambda: NOW  # noqa: E731


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    made = synthetic_catalogue(IMAGES)
    add_private(made, 30)
    return made


def ids(catalogue: Catalogue, question: Question) -> set[str]:
    return {catalogue.ids[place] for place in Resolver(catalogue, TODAY).places(question)}


def asking(**members: Any) -> Question:
    return Question(ACCOUNT, **{"include_deprecated": True} | members)


def filtered(*filters: tuple[str, tuple[str, ...]], **members: Any) -> Question:
    return asking(filters=tuple(Filter(name, values) for name, values in filters), **members)


def expected(catalogue: Catalogue, keeps: Callable[[Record], bool]) -> set[str]:
    """By a look at each record of what `ACCOUNT` may see: no column or index of the fake has a part in it."""
    shared = {place for place, to in catalogue.shares.items() if to.reaches(ACCOUNT)}
    return {
        record["ImageId"]
        for place, record in enumerate(map(catalogue.record, range(catalogue.places)))
        if (record["Public"] or record["OwnerId"] == ACCOUNT or place in shared)
        and record["State"] != "disabled"
        and keeps(record)
    }


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("is-public", ("true",)),
        ("is-public", ("false",)),
        ("is-public", ("true", "false")),
        ("is-public", ("TRUE",)),
        ("is-public", ("t*",)),
        ("owner-alias", ("amazon",)),
        ("owner-alias", ("a*",)),
        ("owner-alias", ("*",)),
        ("owner-id", (CANONICAL, "679593333241")),
        ("owner-id", ("0*",)),
        ("architecture", ("arm64", "i386")),
        ("architecture", ("*64*",)),
        ("architecture", ("x86?64",)),
        ("architecture", ("x86_64?",)),
        ("root-device-type", ("instance-store",)),
        ("platform", ("windows",)),
        ("platform", ("Windows",)),
        ("platform", ("*",)),
        ("state", ("available",)),
        ("name", ("*ubuntu*", "amzn2*")),
        ("name", ("*\\[*\\]*",)),
        ("name", ("*UBUNTU*",)),
        ("description", ("*\\\\n*",)),
        ("virtualization-type", ("paravirtual",)),
        ("block-device-mapping.volume-size", ("8",)),
        ("image-id", ("ami-0*",)),
        ("product-code.type", ("marketplace",)),
    ],
)
def test_a_filter_finds_what_a_look_at_each_record_finds(
    catalogue: Catalogue, name: str, values: tuple[str, ...]
) -> None:
    keeps = image_filter([{"Name": name, "Values": list(values)}])
    assert ids(catalogue, filtered((name, values))) == expected(catalogue, keeps)


DATES = (
    ("2024*",),
    ("2024-05*", "2023-*"),
    ("2024-05-0?*",),
    ("202?-0[1-3]*",),
    ("*",),
    ("?*",),
    ("*Z",),
    ("2024-*-01T*",),
    ("2019",),
    ("2019?",),
    ("2024\\-01*",),
    ("\\*",),
    ("2024-\\*",),
    ("0*", "1*", "2", "9*", " *", "!*", "\\**", "~*", "T*", "u*", "-*"),
)


@pytest.mark.parametrize("patterns", DATES, ids="|".join)
def test_creation_dates_match_by_pattern_and_empty_or_missing_ones_never(
    catalogue: Catalogue, patterns: tuple[str, ...]
) -> None:
    keeps = image_filter([{"Name": "creation-date", "Values": list(patterns)}])
    wanted = expected(catalogue, lambda record: bool(record.get("CreationDate")) and keeps(record))
    assert ids(catalogue, filtered(("creation-date", patterns))) == wanted


def test_the_catalogue_has_images_of_every_odd_date_and_some_in_s3_with_an_empty_one_or_none(
    catalogue: Catalogue,
) -> None:
    records = [catalogue.record(place) for place in range(catalogue.places)]
    assert {record.get("CreationDate") for record in records} >= {*ODD_DATES, "", None}
    undated = [record for record in records if not record.get("CreationDate")]
    assert {record["RootDeviceType"] for record in undated} == {"instance-store"}


def test_values_of_a_filter_are_alternatives_and_all_filters_must_hold(catalogue: Catalogue) -> None:
    both = filtered(("creation-date", ("2025*", "2024*")), ("architecture", ("arm64",)), ("is-public", ("true",)))
    wanted = expected(
        catalogue,
        lambda record: (
            record.get("CreationDate", "")[:4] in ("2024", "2025")
            and record["Architecture"] == "arm64"
            and record["Public"]
        ),
    )
    assert ids(catalogue, both) == wanted != set()
    twice = filtered(("creation-date", ("2025*",)), ("creation-date", ("*-05-*",)))
    assert ids(catalogue, twice) == expected(
        catalogue, lambda record: record.get("CreationDate", "").startswith("2025-05-")
    )


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ((Filter("creation-date", ("2024*",) * 201),), "FilterLimitExceeded"),
        ((Filter("name", ("a",)),) * 51, "FilterLimitExceeded"),
        ((Filter("colour", ("red",)),), "InvalidParameterValue"),
        ((Filter("name", ("a" * 256,)),), "InvalidParameterValue"),
    ],
)
def test_more_than_ec2_takes_is_refused(filters: tuple[Filter, ...], code: str) -> None:
    query = {"Action": "DescribeImages"}
    for number, one in enumerate(filters, 1):
        query[f"Filter.{number}.Name"] = one.name
        query |= {f"Filter.{number}.Value.{at}": value for at, value in enumerate(one.values, 1)}
    with pytest.raises(CloudError) as refused:
        Question.of(query, ACCOUNT)
    assert refused.value.code == code


def test_two_hundred_values_are_taken() -> None:
    query = {"Action": "DescribeImages", "Filter.1.Name": "creation-date"}
    query |= {f"Filter.1.Value.{at}": f"{at}*" for at in range(1, 201)}
    assert len(Question.of(query, ACCOUNT).filters[0].values) == 200


def test_owners_are_accounts_oneself_or_an_alias(catalogue: Catalogue) -> None:
    def owned_by(*owners: str) -> set[str]:
        return ids(catalogue, asking(owners=owners))

    assert owned_by("self") == owned_by(ACCOUNT) == expected(catalogue, lambda r: r["OwnerId"] == ACCOUNT) != set()
    assert owned_by("amazon") == expected(catalogue, lambda r: r.get("ImageOwnerAlias") == "amazon") != set()
    assert owned_by("amazon", CANONICAL, "self") == owned_by("amazon") | owned_by(CANONICAL) | owned_by("self")
    with pytest.raises(CloudError, match="Malformed"):
        Question.of({"Action": "DescribeImages", "Owner.1": "Amazon"}, ACCOUNT)


def test_private_images_are_seen_by_their_owner_and_by_those_they_are_shared_with(catalogue: Catalogue) -> None:
    friends = [catalogue.place(one) for one in ids(catalogue, asking(owners=(FRIEND,)))]
    assert all(place is not None and (catalogue.public[place] or place in catalogue.shares) for place in friends)
    stranger = Question("999999999999", include_deprecated=True)
    assert all(catalogue.record(place)["Public"] for place in Resolver(catalogue, TODAY).places(stranger))


def test_executable_users_are_oneself_everybody_or_another_account() -> None:
    members = {"Public": False, "State": "available", "OwnerId": FRIEND, "CreationDate": "2024"}
    catalogue = Catalogue()
    for name, owner, shares in (
        ("direct", FRIEND, Shares(accounts=frozenset({ACCOUNT}))),
        ("through", FRIEND, Shares(through_organization=frozenset({ACCOUNT}))),
        ("mine", ACCOUNT, Shares(accounts=frozenset({FRIEND, ACCOUNT}))),
        ("hidden", FRIEND, Shares(accounts=frozenset({"555555555555"}))),
    ):
        catalogue.add(members | {"ImageId": name, "OwnerId": owner}, shares)
    catalogue.add(members | {"ImageId": "public", "Public": True})

    def by(*users: str) -> set[str]:
        return ids(catalogue, asking(executable_users=users))

    assert by("self") == by(ACCOUNT) == {"direct", "through"}
    assert by("all") == {"public"}
    assert by(FRIEND) == {"mine"}
    assert by("self", "all") == {"direct", "through", "public"}
    assert ids(catalogue, asking()) == {"direct", "through", "mine", "public"}


def test_deprecated_images_are_listed_on_request_and_always_for_their_owner(catalogue: Catalogue) -> None:
    quiet = ids(catalogue, asking(include_deprecated=False))
    everything = ids(catalogue, asking())
    over = {
        record["ImageId"]
        for record in map(catalogue.record, range(catalogue.places))
        if 0 < minute_number(record.get("DeprecationTime", "")) <= NOW
    }
    assert everything - quiet == {one for one in over & everything if not _mine(catalogue, one)} != set()


def _mine(catalogue: Catalogue, image_id: str) -> bool:
    place = catalogue.place(image_id)
    return place is not None and catalogue.owners[place] == ACCOUNT


def test_disabled_images_are_listed_on_request_for_their_owner_alone(catalogue: Catalogue) -> None:
    more = ids(catalogue, asking(include_disabled=True)) - ids(catalogue, asking())
    states = [catalogue.record(place) for one in more if (place := catalogue.place(one)) is not None]
    assert {(record["State"], record["OwnerId"]) for record in states} == {("disabled", ACCOUNT)}


def test_an_image_is_found_by_id_whatever_its_age_and_a_missing_one_fails_the_call(catalogue: Catalogue) -> None:
    visible = Resolver(catalogue, TODAY).visible(ACCOUNT)
    old = next(one for one in sorted(ids(catalogue, asking()) - ids(catalogue, asking(include_deprecated=False))))
    question = asking(include_deprecated=False)
    assert [catalogue.ids[place] for place in named(catalogue, question, [old], visible)] == [old]
    for wanted, code, words in (
        (
            [old, "ami-00000000000000000", "ami-11111111"],
            "NotFound",
            "ids '[ami-00000000000000000, ami-11111111]'",
        ),
        (["ami-11111111"], "NotFound", "id '[ami-11111111]' does not exist"),
        ([old, "i-0123"], "Malformed", '"i-0123"'),
    ):
        with pytest.raises(CloudError, match=re.escape(words)) as refused:
            named(catalogue, question, wanted, visible)
        assert refused.value.code == f"InvalidAMIID.{code}"


def all_pages(pager: Pager, question: Question, limit: int) -> Iterator[list[int]]:
    token = None
    while True:
        page = pager.page(question, token, limit)
        yield page.places
        token = page.token
        if token is None:
            return


@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_pages_hold_every_image_once_in_an_order_that_stays(catalogue: Catalogue, limit: int) -> None:
    resolver = Resolver(catalogue, TODAY)
    question = filtered(("creation-date", ("2024*",)), ("is-public", ("true",)))
    pager = Pager(catalogue, resolver)
    listed = [place for page in all_pages(pager, question, limit) for place in page]
    assert sorted(listed) == list(resolver.places(question))
    assert listed == [place for page in all_pages(pager, question, 3) for place in page]
    assert listed != sorted(listed, key=catalogue.created.__getitem__)


def test_pages_may_be_short_or_empty_without_being_the_last(catalogue: Catalogue) -> None:
    resolver = Resolver(catalogue, TODAY)
    pager = Pager(catalogue, resolver)
    pager.sizes = cycle((0, 40, 0, 0, 3))
    question = filtered(("creation-date", ("2025*",)))
    pages = list(all_pages(pager, question, 100))
    assert [len(page) for page in islice(pages, 5)] == [0, 40, 0, 0, 3]
    assert sorted(place for page in pages for place in page) == list(resolver.places(question))


def test_more_than_a_thousand_a_page_are_never_given_but_all_without_max_results(catalogue: Catalogue) -> None:
    pager = Pager(catalogue, Resolver(catalogue, TODAY))
    assert len(pager.page(asking(), None, 5000).places) == 1000
    everything = pager.page(asking(), None, None)
    assert len(everything.places) > IMAGES - 30
    assert everything.token is None


def test_a_token_is_good_for_its_own_question_only_and_until_it_is_forgotten(catalogue: Catalogue) -> None:
    pager = Pager(catalogue, Resolver(catalogue, TODAY))
    token = pager.page(asking(), None, 10).token
    pager.page(asking(), token, 10)
    for question, given in ((asking(owners=("amazon",)), token), (asking(), "x"), (asking(), "")):
        with pytest.raises(CloudError, match="InvalidNextToken"):
            pager.page(question, given, 10)
    pager.era += 1
    with pytest.raises(CloudError, match="InvalidNextToken"):
        pager.page(asking(), token, 10)


def test_a_list_goes_on_where_it_was_when_images_come_and_go_meanwhile() -> None:
    catalogue = synthetic_catalogue(300, seed=5, odd=False)
    pager = Pager(catalogue, Resolver(catalogue, TODAY))
    first = pager.page(asking(), None, 100)
    staying = set(map(catalogue.ids.__getitem__, range(300)))
    gone = catalogue.ids[first.places[-1]]
    catalogue.remove(gone)
    catalogue.add({"ImageId": "ami-new", "OwnerId": FRIEND, "Public": True, "State": "available"})
    listed = [*first.places]
    token = first.token
    while token:
        page = pager.page(asking(), token, 100)
        listed += page.places
        token = page.token
    assert len(listed) == len(set(listed))
    assert {catalogue.ids[place] for place in listed} >= staying


def test_new_images_do_not_come_last(catalogue: Catalogue) -> None:
    grown = synthetic_catalogue(400, seed=9)
    pager = Pager(grown, Resolver(grown, TODAY))
    list(all_pages(pager, asking(), 1000))
    grown.add({"ImageId": "ami-new", "OwnerId": FRIEND, "Public": True, "State": "available"})
    listed = [place for page in all_pages(pager, asking(), 1000) for place in page]
    assert grown.ids[listed[-1]] != "ami-new"


def test_a_bucket_holds_a_hundred_calls_and_gets_twenty_a_second() -> None:
    at = [0.0]
    bucket = Bucket(100, 20, lambda: at[0])
    assert [bucket.take() for _ in range(101)].count(True) == 100
    at[0] = 0.5
    assert [bucket.take() for _ in range(11)] == [True] * 10 + [False]
    at[0] = 1000
    assert [bucket.take() for _ in range(150)].count(True) == 100


def test_a_catalogue_in_a_file_is_that_in_memory(tmp_path: Any) -> None:
    filed, kept = synthetic_catalogue(200, folder=str(tmp_path)), synthetic_catalogue(200)
    assert list(filed) == list(kept)
    assert filed.xml(range(200)) == kept.xml(range(200))
    filed.change(filed.ids[3], Name="another")
    assert filed.record(3)["Name"] == "another"
    assert b"<name>another</name>" in filed.xml([3])[0]
    filed.close()


def test_one_in_a_hundred_images_changes_comes_or_goes() -> None:
    catalogue = synthetic_catalogue(1000)
    before = {record["ImageId"]: record for record in catalogue if record["Public"]}
    changes = churn(catalogue, 0.1, seed=1)
    after = {record["ImageId"]: record for record in catalogue if record["Public"]}
    assert {*before} - {*after} == {*changes.gone}
    assert {*after} - {*before} == {*changes.added}
    assert {one for one in before if one in after and before[one] != after[one]} == {*changes.changed}
    assert len(changes.changed) + len(changes.gone) + len(changes.added) == pytest.approx(100, rel=0.1)
    assert min(map(len, (changes.changed, changes.gone, changes.added))) >= 20


def test_canonical_keeps_three_serials_and_hides_what_nobody_launched() -> None:
    catalogue = Catalogue()
    name = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-"
    for number, day in enumerate(("20250101", "20250601", "20260801", "20260810", "20260820", "20260830.1")):
        record = {"ImageId": f"ami-{number}", "OwnerId": CANONICAL, "Name": name + day, "Public": True}
        catalogue.add(record | {"CreationDate": f"{day[:4]}-{day[4:6]}-{day[6:8]}T00:00:00.000Z"})
    changes = prune(catalogue, as_of=SYNTHETIC_AS_OF, launched=["ami-1"])
    assert changes.gone == ["ami-0"]
    assert changes.changed == ["ami-1", "ami-2"]
    assert [record["ImageId"] for record in catalogue if "DeprecationTime" in record] == ["ami-1", "ami-2"]


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Iterator[tuple[CatalogueEc2, Any]]:
    """A fake with 250 images, and botocore's own client of it, which tries everything once."""
    from botocore.config import Config

    with catalogue_ec2(synthetic_catalogue(250, seed=3)) as fake:
        session = Session()
        session.set_credentials("AKIAFAKE", "secret")
        config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
        made = session.create_client("ec2", REGION, endpoint_url=fake.url, config=config)
        yield fake, made
        made.close()


def test_botocore_reads_each_image_as_it_was_recorded(client: tuple[CatalogueEc2, Any]) -> None:
    fake, ec2 = client
    pages = ec2.get_paginator("describe_images").paginate(
        Filters=[{"Name": "is-public", "Values": ["true"]}],
        IncludeDeprecated=True,
        PaginationConfig={"PageSize": 40},
    )
    found = {image["ImageId"]: image for page in pages for image in page["Images"]}
    assert found == {record["ImageId"]: record for record in fake.catalogues[REGION]}
    assert fake.counts.requests["DescribeImages"] == len(fake.calls("DescribeImages")) == 7
    assert fake.counts.images == 250
    assert ec2.describe_images(Owners=["self"])["Images"] == []
    some = sorted(found)[:3]
    assert len(ec2.describe_images(ImageIds=some)["Images"]) == 3


def test_beyond_the_limit_calls_are_refused_and_counted(client: tuple[CatalogueEc2, Any]) -> None:
    fake, ec2 = client
    fake.limits, fake.retry_after = (3, 0), "7"
    for _ in range(3):
        ec2.describe_images(MaxResults=10)
    with pytest.raises(ec2.exceptions.ClientError, match="RequestLimitExceeded") as refused:
        ec2.describe_images(MaxResults=10)
    assert refused.value.response["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "7"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert fake.counts.throttled["DescribeImages"] == 1
    ec2.describe_regions()


BROKEN = "broken|reset|ended|closed|IncompleteRead"
UNREADABLE = "Unable to parse response"
FAULTS: dict[str, tuple[Callable[[CatalogueEc2], None], str]] = {
    "reset": (lambda fake: faults.reset_mid_body(fake, after=1), BROKEN),
    # botocore does not hold the length that was announced against the bytes that came.
    "close": (lambda fake: faults.close_mid_body(fake, after=1), UNREADABLE),
    "truncated": (lambda fake: faults.truncated_xml(fake, after=1), UNREADABLE),
    "portal": (lambda fake: faults.captive_portal(fake, after=1), UNREADABLE),
    "storm": (lambda fake: faults.storm(fake, after=1), "RequestLimitExceeded"),
    "same token": (faults.same_token_for_ever, "same next token"),
    "expired token": (faults.expired_token, "InvalidNextToken"),
    "credentials": (faults.credentials_expire, "RequestExpired"),
    "region": (lambda fake: faults.region_disabled(fake, REGION), "AuthFailure"),
    "refused": (lambda fake: faults.refused(fake, after=1), "AuthFailure"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_breaks_a_list_in_the_midst_and_is_over_when_it_is_recovered(
    client: tuple[CatalogueEc2, Any], name: str
) -> None:
    fake, ec2 = client
    script, words = FAULTS[name]
    script(fake)
    paginator = ec2.get_paginator("describe_images")
    options = {"IncludeDeprecated": True, "PaginationConfig": {"PageSize": 100}}
    came: list[str] = []

    def read_all() -> None:
        for page in paginator.paginate(**options):
            came.extend(image["ImageId"] for image in page["Images"])

    with pytest.raises(Exception, match=words):
        read_all()
    assert len(came) >= 100
    fake.recover()
    fake.regions[REGION] = "opt-in-not-required"
    came.clear()
    read_all()
    assert sorted(came) == sorted(fake.catalogues[REGION].ids)


@pytest.mark.parametrize("fault", [faults.hang, faults.hang_mid_body])
def test_a_hanging_request_is_noticed_when_its_client_gives_up(
    client: tuple[CatalogueEc2, Any], fault: Callable[[CatalogueEc2], None]
) -> None:
    import socket

    fake, _ = client
    fault(fake)
    host, port = fake.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as raw:
        body = b"Action=DescribeImages&MaxResults=5"
        raw.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        assert fake.hanging.wait(30)
    assert fake.hung_up.wait(30)


def test_a_process_of_its_own_tells_what_it_was_asked_and_changes_on_command(tmp_path: Any) -> None:
    import urllib.request

    with CatalogueProcess(300, tmp_path, latency=0, private=2) as process:
        body = b"Action=DescribeImages&MaxResults=5"
        with urllib.request.urlopen(process.url, body, timeout=60) as answer:
            assert answer.read().count(b"<imageId>") == 5
        counts = process.counts()
        assert counts.requests == {"DescribeImages": 1}
        assert counts.images == 5
        assert process.counts().requests == {}
        assert process.community() == pytest.approx(220, abs=30)
        assert len(process.churn(0.1, seed=1).changed) == 12
    assert not [*tmp_path.iterdir()]


def test_random_questions_are_answered_as_by_a_look_at_each_record(catalogue: Catalogue) -> None:
    rng = Random(11)
    names = ("architecture", "owner-alias", "root-device-type", "is-public", "name", "creation-date", "owner-id")
    values = ("*", "a*", "x86_64", "true", "202?-*", "2024-0*", "*-1*", "ebs", "amazon", "*64", "0*", "?*u*")
    for _ in range(40):
        chosen = [
            (rng.choice(names), tuple(rng.sample(values, rng.randrange(1, 4)))) for _ in range(rng.randrange(3))
        ]
        keeps = image_filter([{"Name": name, "Values": list(given)} for name, given in chosen])
        dated = any(name == "creation-date" for name, _ in chosen)

        def right(record: Record, keeps: Any = keeps, dated: bool = dated) -> bool:
            return (bool(record.get("CreationDate")) or not dated) and keeps(record)

        assert ids(catalogue, filtered(*chosen)) == expected(catalogue, right)
