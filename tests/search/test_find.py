"""What `amitui find` says beside its answer: reasons, names that are gone, what was meant, why it is empty."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout

import pytest

from amitui.cli import main
from tests.search.catalogue import build_of, label_of
from tests.search.judge import Stage
from tests.search.records import REGION

pytestmark = pytest.mark.xdist_group("lookups")


def find(stage: Stage, *words: str) -> tuple[int, list[str], str]:
    """Exit code, lines of standard output, and standard error."""
    out, err = io.StringIO(), io.StringIO()
    cache = str(stage._folder / "cache")
    with stage.environment(), redirect_stdout(out), redirect_stderr(err):
        code = main(["find", *words, "--offline", "--region", REGION, "--cache-dir", cache])
    return code, out.getvalue().splitlines(), err.getvalue()


def labels(ids: list[str]) -> list[str]:
    return [label_of()[image_id] for image_id in ids]


def test_a_word_with_a_dash_leaves_out_what_has_it_wherever_it_stands(stage: Stage) -> None:
    for words in (("ubuntu", "24.04", "-arm64", "-daily"), ("-daily", "ubuntu", "24.04", "-arm64")):
        code, ids, said = find(stage, *words, "-o", "id")
        assert code == 0, said
        found = labels(ids)
        assert found[0] == "ubuntu 24.04 x86_64"
        assert not [label for label in found if " daily " in label or "arm64" in label]


def test_an_option_that_does_not_exist_is_still_refused(stage: Stage) -> None:
    code, ids, said = find(stage, "ubuntu", "--lates")
    assert (code, ids) == (2, [])
    assert "amitui find ubuntu --latest" in " ".join(said.split())
    with pytest.raises(SystemExit) as left:
        find(stage, "ubuntu", "--nothing-like-it")
    assert left.value.code == 2


def test_explain_says_behind_each_row_of_a_piped_table_why_it_stands_there(stage: Stage) -> None:
    _, lines, _ = find(stage, "ubuntu", "24.04", "--latest", "--explain", "--limit", "6")
    reasons = [line.rpartition("    ")[2] for line in lines[1:]]
    assert len(lines) == 7
    assert reasons[0] == "the publisher's own plain build, the newest"
    assert any(reason.startswith("+") for reason in reasons[2:])


def test_explain_keeps_standard_output_to_the_ids(stage: Stage) -> None:
    _, ids, said = find(stage, "ubuntu", "24.04", "--latest", "--explain", "--limit", "3", "-o", "id")
    assert all(line.startswith("ami-") for line in ids)
    assert f"{ids[0]}: the publisher's own plain build, the newest" in said


def test_a_deprecated_name_answers_with_the_newest_of_its_family_unless_deprecated_ones_are_asked_for(
    stage: Stage,
) -> None:
    gone = build_of("ubuntu 24.04 x86_64", 3)
    _, ids, said = find(stage, gone.name, "-o", "id", "--limit", "1")
    assert labels(ids) == ["ubuntu 24.04 x86_64"]
    assert f"{gone.name} is deprecated" in said
    _, ids, said = find(stage, gone.name, "-o", "id", "--limit", "1", "--include-deprecated")
    assert labels(ids) == ["ubuntu 24.04 x86_64@3"]
    assert "is deprecated" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ubunut", "24.04"), 'did you mean ubuntu?\namitui: try: amitui find "ubuntu 24.04"'),
        (("ubuntu", "99.04"), "nothing of us-east-1 matches ubuntu 99.04"),
        (("--scope", "mine", "bottlerocket", "1.33", "nvidia"), "other scopes have some"),
        (("ami-0123456789abcdef0",), "is in no cached Region"),
    ],
)
def test_nothing_found_says_why(stage: Stage, words: tuple[str, ...], said: str) -> None:
    code, lines, told = find(stage, *words)
    assert (code, lines) == (1, [])
    assert said in told
