"""What five questions take DuckDB, and that Spark answers them alike: `python -m bench.engines EXPORT`.

EXPORT is a folder that `amitui export --parquet` wrote. Spark takes part where pyspark and a Java runtime are
installed (`pip install pyspark`, which the project does not need).
"""

from __future__ import annotations

import argparse
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from statistics import median
from typing import Any, Final

import duckdb

QUESTIONS: Final = {
    "builds of a year": (
        "SELECT year(creation_date) AS y, count(*) AS n FROM images "
        "GROUP BY year(creation_date) ORDER BY y NULLS LAST"
    ),
    "images by trust": "SELECT trust, count(*) AS n FROM images GROUP BY trust ORDER BY trust NULLS LAST",
    "largest families": (
        "SELECT family, count(*) AS n FROM images GROUP BY family ORDER BY n DESC, family LIMIT 20"
    ),
    "deprecated by architecture": (
        "SELECT architecture, count(*) AS n FROM images WHERE deprecation_time < TIMESTAMP '2026-01-01 00:00:00Z' "
        "GROUP BY architecture ORDER BY architecture NULLS LAST"
    ),
    "most storage, not encrypted": (
        "SELECT owner_id, sum(size_gib) AS gib, count(*) AS n FROM images WHERE NOT encrypted GROUP BY owner_id "
        "ORDER BY gib DESC, owner_id LIMIT 20"
    ),
}
"""In words that DuckDB and Spark share."""


class Answers:
    """An engine's answers, and the milliseconds that each took."""

    def __init__(self, name: str, ask: Any, runs: int) -> None:
        self.name = name
        self.rows: dict[str, list[tuple[Any, ...]]] = {}
        self.times: dict[str, list[float]] = {}
        for question, statement in QUESTIONS.items():
            for _ in range(runs):
                started = time.perf_counter()
                self.rows[question] = [tuple(row) for row in ask(statement)]
                self.times.setdefault(question, []).append((time.perf_counter() - started) * 1000)

    def line(self, question: str) -> str:
        """Median, least and most."""
        times = self.times[question]
        return f"{median(times):.0f} ms [{min(times):.0f}–{max(times):.0f}] n={len(times)}"


def ask_duckdb(folder: Path, runs: int) -> Answers:
    """DuckDB's answers."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        place = str(folder / "region=*" / "scope=*" / "*.parquet").replace("'", "''")
        connection.execute(
            f"CREATE VIEW images AS FROM read_parquet('{place}', hive_partitioning = true, "
            "hive_types_autocast = false)"
        )
        return Answers("DuckDB", lambda text: connection.execute(text).fetchall(), runs)


def ask_spark(folder: Path, runs: int) -> Answers | None:
    """Spark's answers; `None`: it is not installed."""
    if find_spec("pyspark") is None or which("java") is None:
        return None
    builder = import_module("pyspark.sql").SparkSession.builder.master("local[*]")
    for name, value in {
        "spark.ui.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    }.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    try:
        spark.read.parquet(str(folder)).createOrReplaceTempView("images")
        return Answers("Spark", lambda text: spark.sql(text).collect(), runs)
    finally:
        spark.stop()


def main() -> int:
    """Measure, print and compare; 1 when the engines disagree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("export", type=Path, metavar="EXPORT")
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    found = [
        one for one in (ask_duckdb(options.export, options.runs), ask_spark(options.export, options.runs)) if one
    ]
    print(f"| Question | {' | '.join(one.name for one in found)} | Answers |")
    print("|---|" + "---|" * (len(found) + 1))
    wrong = False
    for question in QUESTIONS:
        alike = all(one.rows[question] == found[0].rows[question] for one in found)
        wrong = wrong or not alike
        said = f"{len(found[0].rows[question])} rows" + (
            "" if len(found) == 1 else ", alike" if alike else ", DIFFER"
        )
        print(f"| {question} | {' | '.join(one.line(question) for one in found)} | {said} |")
    return int(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
