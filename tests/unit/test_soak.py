"""Attacks are tried until their time is up, and what they find is told with the seed that finds it again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from bench.soak import __main__ as soak
from bench.soak.attack import Attack, Attempt, run, table
from bench.soak.screens import without_some
from bench.soak.texts import IMPORTS


@contextmanager
def dice(folder: Path) -> Iterator[Attempt]:
    assert folder.is_dir()

    def attempt(choose: random.Random) -> Iterator[str]:
        thrown = choose.randrange(6)
        if thrown == 5:
            yield "a six"
        assert thrown, "a one"

    yield attempt


def broken(folder: Path) -> AbstractContextManager[Attempt]:
    raise OSError("no room")


DICE = Attack("dice", "a throw", "", dice)


def test_findings_and_failed_assertions_have_the_seed_that_finds_them_again() -> None:
    result = run(DICE, seconds=0, seed="a", tries=60)
    assert result.tries == 60
    assert any("a six" in found for found in result.findings)
    assert any("a one" in found for found in result.findings)
    for found in result.findings:
        seed = found.partition(":")[0]
        (again,) = run(DICE, seconds=0, seed=seed, tries=1).findings
        assert again == found


def test_an_attack_is_tried_once_even_without_time_and_one_that_cannot_begin_is_a_finding() -> None:
    assert run(DICE, seconds=0, seed="a").tries == 1
    result = run(Attack("broken", "", "", broken), seconds=60, seed="a")
    assert "no room" in result.findings[0]


def test_the_table_has_a_line_for_each_attack_and_the_code_tells_of_findings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    results = [run(DICE, seconds=0, seed="a", tries=60), run(IMPORTS, seconds=0, seed="a", tries=3)]
    lines = table(results).splitlines()
    assert lines[2] == f"| dice | a throw | 60 | {len(results[0].findings)} |"
    monkeypatch.setattr(soak, "ATTACKS", (DICE, IMPORTS))
    assert soak.main(["--tries", "60", "--seed", "a", "--only", "dice"]) == 1
    assert "| dice | a throw | 60 |" in capsys.readouterr().out
    assert soak.main(["--tries", "20", "--seed", "a", "--only", "imports"]) == 0


def test_the_siblings_of_the_attacks_exist() -> None:
    root = Path(__file__).parents[2]
    for attack in soak.ATTACKS:
        assert attack.sibling
        for path in attack.sibling.split(", "):
            assert (root / path).is_file(), (attack.name, path)


def test_an_answer_is_bent_by_leaving_out_whole_elements() -> None:
    body = b'<A xmlns="http://ec2"><b><c>1</c><c>2</c></b><d>3</d></A>'
    assert without_some(body, 0, random.Random(1)) == b"<A><b><c>1</c><c>2</c></b><d>3</d></A>"
    assert without_some(body, 1, random.Random(1)) == b"<A />"
    some = {without_some(body, 0.3, random.Random(seed)) for seed in range(50)}
    assert len(some) > 5
    assert without_some(b"no xml", 1, random.Random(1)) == b"no xml"
