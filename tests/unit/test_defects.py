"""What nobody foresaw, in words: its kind and place, and nothing of what AWS said."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import amitui
from amitui.defects import defect_of, only_amitui_errors
from amitui.ec2.convert import image_of
from amitui.errors import AmituiError, DefectError, NetworkError
from amitui.ui.app import AmituiApp
from amitui.ui.guard import GuardedApp

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "AQoDYXdzEJr-not-to-be-seen"
SOURCES = Path(amitui.__file__).parent


class Signal(Exception):
    """Something that the callers know."""


@only_amitui_errors(Signal)
class Service:
    """Fails as asked."""

    async def read(self, error: Exception) -> str:
        raise error

    async def answer(self) -> str:
        return "an answer"

    async def _inner(self) -> None:
        raise KeyError(SECRET)

    def plain(self) -> None:
        raise KeyError(SECRET)


@pytest.mark.parametrize(
    "error", [KeyError(SECRET), TypeError(SECRET), ValueError(SECRET), RecursionError(SECRET)]
)
async def test_an_unforeseen_exception_gets_words_without_its_values(error: Exception) -> None:
    with pytest.raises(DefectError) as caught:
        await Service().read(error)
    said = "\n".join(caught.value.lines())
    assert SECRET not in said
    assert type(error).__name__ in said
    assert "amitui/defects.py:" in said


async def test_errors_with_words_and_signals_pass_as_they_are() -> None:
    service = Service()
    assert await service.answer() == "an answer"
    for error in (NetworkError("no answer"), Signal()):
        with pytest.raises(type(error)) as caught:
            await service.read(error)
        assert caught.value is error


async def test_only_public_coroutine_methods_are_worded() -> None:
    with pytest.raises(KeyError):
        await Service()._inner()
    with pytest.raises(KeyError):
        Service().plain()


def test_the_place_is_the_innermost_one_in_amitui() -> None:
    with pytest.raises(ValueError, match="record") as caught:
        image_of(None, "eu-west-1")  # type: ignore[arg-type]
    why = defect_of(caught.value).why
    assert "amitui/ec2/convert.py:" in why
    assert str(SOURCES) not in why


def test_an_error_with_words_stays_itself() -> None:
    error = AmituiError("as it was")
    assert defect_of(error) is error


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(SOURCES.rglob("*.py")):
        if "demo" not in path.parts:
            yield str(path.relative_to(SOURCES)), ast.parse(path.read_text(encoding="utf-8"))


def _catches_everything(function: ast.AsyncFunctionDef) -> bool:
    handlers = (node for node in ast.walk(function) if isinstance(node, ast.ExceptHandler))
    return any(isinstance(handler.type, ast.Name) and handler.type.id == "Exception" for handler in handlers)


AWAITED = {
    "_submit",
    "get",
    "wait",
    "_sleep",
    "_run",
    "_wait_for",
    "identify",
    "_page",
    "worker",
    "page",
    "keep_drawing",
    "check_aws",
    "finish",
    "in_thread",
}
"""Coroutines whose task is awaited where it is made, or that only waits; the poller's loop calls guarded ones."""


def test_each_task_that_nobody_awaits_catches_what_nobody_foresaw() -> None:
    unguarded = []
    for name, tree in _modules():
        functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)}
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            made = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            if made not in ("create_task", "ensure_future") or not call.args:
                continue
            work = call.args[0]
            assert isinstance(work, ast.Call), f"{name}:{call.lineno} makes a task of something unknown"
            assert isinstance(work.func, ast.Attribute | ast.Name)
            called = work.func.attr if isinstance(work.func, ast.Attribute) else work.func.id
            function = functions.get(called)
            if called not in AWAITED and (function is None or not _catches_everything(function)):
                unguarded.append(f"{name}:{call.lineno} {called}")
    assert unguarded == []


def test_no_worker_goes_round_the_guard_of_the_application() -> None:
    """A worker that does not end the application at an exception tells nobody of it."""
    around = [
        f"{name}:{call.lineno}"
        for name, tree in _modules()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and any(keyword.arg == "exit_on_error" for keyword in call.keywords)
    ]
    assert around == []


def test_only_the_guarded_application_is_run() -> None:
    assert issubclass(AmituiApp, GuardedApp)
    for name in ("_handle_exception", "_dispatch_message", "_register", "_start_widget", "_fatal_error"):
        assert getattr(AmituiApp, name) is getattr(GuardedApp, name), (
            f"something is in front of the guard's {name}"
        )
    bases = {
        f"{name}:{node.name}"
        for name, tree in _modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for base in node.bases
        if ast.unparse(base).partition("[")[0] == "App"
    }
    assert bases == {"ui/guard.py:GuardedApp", "ui/input_gate.py:GatedApp"}
