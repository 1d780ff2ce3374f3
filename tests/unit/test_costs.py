"""What images cost a month: snapshots once each, own and shared, by prices that say where they are from."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amitui.domain.costs import (
    DEFAULT_PRICES,
    SNAPSHOT_TABLE,
    SnapshotLedger,
    SnapshotPrices,
    StoredSnapshot,
    money,
    snapshots_line,
    table_prices,
    volumes_line,
    volumes_monthly,
)
from amitui.domain.operations.savings import saving
from amitui.domain.operations.usage import SnapshotUse, Usage
from tests.support.plan_samples import all_plans


def test_a_snapshot_that_two_images_of_a_family_share_is_counted_once() -> None:
    ledger = SnapshotLedger({"a": [StoredSnapshot("s1", 20)], "b": [StoredSnapshot("s1", 20)]})

    found = ledger.cost({"a", "b"})

    assert (found.own_gib, found.own_snapshots) == (20, ("s1",))
    assert found.own == pytest.approx(1.0)
    assert found.shared_gib == 0


def test_a_snapshot_that_an_image_outside_needs_is_shared_and_stays() -> None:
    ledger = SnapshotLedger(
        {"a": [StoredSnapshot("s1", 20), StoredSnapshot("s2", 8)], "disabled": [StoredSnapshot("s1", 20)]}
    )

    found = ledger.cost({"a"})

    assert (found.own_snapshots, found.shared_snapshots) == (("s2",), ("s1",))
    assert found.total == pytest.approx(1.4)


def test_archived_snapshots_have_a_price_of_their_own() -> None:
    ledger = SnapshotLedger({"a": [StoredSnapshot("s1", 80, archived=True)]})

    assert ledger.cost({"a"}).own == pytest.approx(1.0)


def test_the_prices_of_the_price_list_go_before_the_table() -> None:
    ledger = SnapshotLedger({"a": [StoredSnapshot("s1", 10)]})
    prices = SnapshotPrices(0.4, 0.1, "CNY", "AWS's price list for cn-north-1")

    found = ledger.cost({"a"}, prices)

    assert found.own == pytest.approx(4.0)
    assert found.currency == "CNY"


def test_every_price_of_the_table_says_where_it_is_from_and_of_when() -> None:
    for prices in (DEFAULT_PRICES, *SNAPSHOT_TABLE.values()):
        assert "2026" in prices.source
        assert 0 < prices.archive < prices.standard
    assert table_prices("eu-west-2").standard == 0.053
    assert table_prices("mars-1") is DEFAULT_PRICES


def test_the_line_of_a_review_names_the_price_and_calls_itself_an_estimate() -> None:
    line = snapshots_line(40, "us-east-1")

    assert line.startswith(
        "Its snapshots cost up to $2.00 a month (estimate: 40 GiB at $0.05 per GiB-month, AWS's"
    )
    assert "$4.00" in snapshots_line(40, "us-east-1", copies=2)
    assert "less where earlier snapshots" in snapshots_line(40, "us-east-1", first=False)
    assert snapshots_line(0, "us-east-1") == ""


def test_volumes_cost_what_their_types_do() -> None:
    assert volumes_monthly([("gp3", 100), ("st1", 1000)]) == pytest.approx(53.0)
    assert volumes_monthly([("gp3", 100), ("new-type", 1)]) is None


def test_other_currencies_are_named() -> None:
    assert money(3.1, "CNY") == "3.10 CNY"


# Against a naive model

_SNAPSHOTS = [StoredSnapshot(f"s{number}", 2.0**number, number % 2 == 1) for number in range(6)]
_IMAGES = st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from(_SNAPSHOTS), max_size=4), min_size=1)


@given(_IMAGES, st.sets(st.sampled_from("abcdef")))
@settings(max_examples=150, deadline=None)
def test_own_is_what_deleting_the_images_frees_and_shared_is_the_rest(
    snapshots_of: dict[str, list[StoredSnapshot]], chosen: set[str]
) -> None:
    found = SnapshotLedger(snapshots_of).cost(chosen)

    theirs = {one for image in chosen for one in snapshots_of.get(image, ())}
    others = {one for image, some in snapshots_of.items() if image not in chosen for one in some}
    price = {True: 0.0125, False: 0.05}
    assert set(found.own_snapshots) == {one.snapshot_id for one in theirs - others}
    assert set(found.shared_snapshots) == {one.snapshot_id for one in theirs & others}
    assert found.own == pytest.approx(sum(one.gib * price[one.archived] for one in theirs - others))
    assert found.own_gib + found.shared_gib == sum(one.gib for one in theirs)
    usages = [
        Usage(
            image,
            snapshots=tuple(
                SnapshotUse(
                    one.snapshot_id,
                    one.gib,
                    one.archived,
                    tuple(other for other, some in snapshots_of.items() if one in some and other != image),
                )
                for one in snapshots_of.get(image, ())
            ),
        )
        for image in chosen
    ]
    assert saving(usages).dollars == pytest.approx(found.own)


# Where costs arise


def test_the_volumes_of_a_launch_are_summed_over_its_instances() -> None:
    line = volumes_line([("gp3", 20), ("st1", 200)], 3)

    assert line.startswith("Volumes cost about $31.80 a month (estimate: 660 GiB at us-east-1 list prices")
    assert volumes_line([("gp3", 0)], 3) == ""
    assert volumes_line([("gp9", 10)], 3) == ""
    assert volumes_line([], 1) == ""


@pytest.mark.parametrize("kind", ["create", "copy", "launch", "register"])
def test_the_review_of_what_costs_something_says_how_much(kind: str) -> None:
    plans = [plan for plan in all_plans() if plan.kind == kind]

    assert plans
    costs = [sentence for plan in plans for sentence in plan.changes if "cost" in sentence.lower()]
    assert len(costs) >= 1
