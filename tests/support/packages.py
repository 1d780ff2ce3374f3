"""Installed packages for a test: folders as pip leaves them, without pip."""

from __future__ import annotations

from pathlib import Path
from typing import Final

DOCUMENTED: Final = Path(__file__).parents[2] / "docs" / "commands.md"


def install(folder: Path, name: str, entry_points: dict[str, str], **modules: str) -> Path:
    """Put a package with exporters into a folder of `sys.path`; gives the folder.

    Args:
        entry_points: by the name of the format, `module:function`.
        modules: their texts by name.
    """
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    lines = [f"{format_} = {value}" for format_, value in entry_points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[amitui.exporters]", *lines, ""]), encoding="utf-8")
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text, encoding="utf-8")
    return folder


def install_documented(folder: Path) -> Path:
    """The package of the documentation."""
    import tomllib

    section = DOCUMENTED.read_text(encoding="utf-8").split("\n## Exporters\n")[1]
    project = tomllib.loads(section.split("```toml\n")[1].split("```")[0])["project"]
    code = section.split("```python\n")[1].split("```")[0]
    entry_points = project["entry-points"]["amitui.exporters"]
    (module,) = {value.partition(":")[0] for value in entry_points.values()}
    return install(folder, project["name"], entry_points, **{module: code})
