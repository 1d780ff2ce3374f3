"""What the poller's bench computes from what it measured."""

from __future__ import annotations

import pytest

from bench.poller import Copies, figures


def copies(count: int, calls: int, *, late: float) -> Copies:
    """A run whose images became available at 10, and of which every region was looked at every 2 seconds."""
    made = Copies(count, looks={"eu-west-1": [8.9, 10.9, 12.9]}, calls={"eu-west-1": calls}, seconds=20)
    for number in range(count):
        made.told[f"ami-{count}-{number}"] = 10 + late
        made.regions[f"ami-{count}-{number}"] = "eu-west-1"
    return made


@pytest.mark.parametrize(("told", "interval"), [(10.95, 2.0), (12.95, 2.0)])
def test_the_interval_is_the_one_before_the_look_that_found_the_image(told: float, interval: float) -> None:
    run = copies(1, 5, late=told - 10)
    run.looks["eu-west-1"][0] = 1.0 if told > 12 else 8.9

    assert run.interval("ami-1-0") == pytest.approx(interval)


def test_calls_are_compared_by_region_and_lateness_with_the_interval() -> None:
    runs = [copies(1, 10, late=1.0), copies(20, 14, late=1.0), copies(200, 16, late=3.0)]
    pending_at = {image_id: 10.0 for run in runs for image_id in run.told}
    found = {figure.name: figure for figure in figures(runs, pending_at)}

    assert found["20 copies: calls a region until all are available"].met is True
    assert found["200 copies: calls a region until all are available"].met is False
    assert found["20 copies: the same"].ours == pytest.approx([0.5] * 20)
    assert found["20 copies: the same"].met is True
    assert found["200 copies: the same"].met is False
    assert found["200 copies: the latest of all"].ours == pytest.approx([1.5])
