"""Compares a real account's answers with what amitui expects of them; opt-in, read-only unless asked for more.

`python -m bench.real_aws --use-my-credentials` prints what it is about to call, calls it, and prints a verdict a
check and a summary without account ids and names. `--write` then has one tiny image go through its life, and
removes it. What it is for and what it costs: docs/real-aws.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import secrets
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import botocore

from amitui import __version__
from amitui.configuration.load import load_settings
from amitui.ec2.session import AwsTarget
from amitui.errors import AmituiError, UsageError
from amitui.operations.engine import OperationEngine
from amitui.services.connections import Connections
from amitui.services.session import Session, no_region
from amitui.settings import Settings
from bench.smoke.image_life import CHANGES, GIB, ImageLife
from bench.smoke.leftovers import PAUSE_S, TAG
from bench.smoke.policies import read_policy, write_policy
from bench.smoke.reads import CHECKS, Reader
from bench.smoke.report import Masker, Report, Verdict
from bench.smoke.run import CLEAN_UP, clean_up, run_life, run_reads
from bench.smoke.watching import WatchedConnection

FLAG: Final = "--use-my-credentials"
DIFFERS: Final = 1
AWS_FAILED: Final = 3
STOPPED: Final = 130
EARLIER: Final = "what an earlier run left"
LEFT_OVER: Final = 4
_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP)


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0 all as expected, 1 something differs or is denied, 2 usage, 3 AWS or credentials, 4 things
    that it made are left over, 130 stopped."""
    options = _parser().parse_args(argv)
    try:
        settings = load_settings({"profile": options.profile, "endpoint_url": options.endpoint_url}, os.environ)
        region = _region(settings, options.region)
        if options.policy:
            made = read_policy(region) if options.policy == "read" else write_policy(region)
            print(json.dumps(made, indent=2))
            return 0
        if not options.use_my_credentials:
            raise UsageError(
                "nothing was called",
                why=f"this calls AWS with your credentials, which {FLAG} has to allow",
                remedy=f"python -m bench.real_aws {FLAG}; docs/real-aws.md says what it does",
            )
        return _run(_Test(settings, region, options))
    except AmituiError as error:
        for line in error.lines():
            _say(line, sys.stderr)
        return error.exit_code


def _run(test: _Test) -> int:
    code = 0
    try:
        asyncio.run(test.read())
        if test.writes:
            test.confirm()
            asyncio.run(test.write())
    except AmituiError as error:
        code = error.exit_code
        for line in error.lines():
            _say(line)
    except (KeyboardInterrupt, asyncio.CancelledError):
        code = STOPPED
    found = test.end()
    return LEFT_OVER if found == LEFT_OVER else code or found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.real_aws", description=__doc__)
    add = parser.add_argument
    add(FLAG, action="store_true", help="without it nothing is called")
    add("--profile", help="of the AWS config; else what the environment says")
    add("--region", help="where; with --write it has to be named")
    add("--endpoint-url", help="in place of AWS: a demo or another emulator")
    add("--write", action="store_true", help="then have one tiny image go through its life")
    add("--skip-reads", action="store_true", help="with --write: of the reads only who asks")
    add("--clean-up", action="store_true", help="only remove what an earlier run has left in the Region")
    add(
        "--speed",
        type=float,
        default=1.0,
        help="so many times as fast as AWS's is the endpoint's time, as a demo's",
    )
    add("--policy", choices=("read", "write"), help="print the least IAM policy of a part, and call nothing")
    return parser


def _region(settings: Settings, named: str | None) -> str:
    regions = Session(settings._replace(regions=(named,) if named else settings.regions)).starting_regions()
    if not regions:
        raise no_region()
    return regions[0]


class _Test:
    """One run: `read`, then perhaps `write`, then `end`."""

    def __init__(self, settings: Settings, region: str, options: argparse.Namespace) -> None:
        self._settings, self._region, self._options = settings, region, options
        self.writes = options.write or options.clean_up
        if self.writes and not options.region:
            raise UsageError("--write and --clean-up need --region", remedy=f"--region {region}, if you mean it")
        self._checks = CHECKS[:1] if options.clean_up or options.skip_reads else CHECKS
        self._account = ""
        self._masker = Masker()
        self._report = Report(_say, self._masker)
        self._calls: Counter[str] = Counter()

    async def read(self) -> None:
        """The read-only checks; of a clean-up only who asks.

        Raises:
            AwsError: AWS is not reached, or does not accept the credentials.
        """
        most = sum(one.most_calls for one in self._checks)
        _say(f"Reads in {self._region}: at most {most} calls, which change nothing:")
        for check in self._checks:
            _say("  " + ", ".join(f"{service} {name} ≤ {count}" for service, name, count in check.calls))
        _say("They cost nothing by AWS's price lists; throttled calls are repeated.")
        connection = WatchedConnection(self._target(read_only=True), most)
        with tempfile.TemporaryDirectory(prefix="amitui-smoke-") as folder:
            reader = Reader(connection, self._region, folder=folder, now=time.time())
            try:
                await run_reads(reader, self._report, self._checks)
            finally:
                self._count(connection)
                await connection.close()
        self._account = reader.account

    def confirm(self) -> None:
        """Say what is about to be changed, and have the Region typed.

        Raises:
            UsageError: it was not, or the config forbids changes.
        """
        if not self._account:
            raise UsageError("nothing was changed", why="STS did not name the account")
        if Connections(self._settings).marks(self._settings.profile, self._account).read_only:
            raise UsageError("nothing was changed", why="the config marks this profile or account as read-only")
        if self._options.clean_up:
            _say(f"Then, in {self._region}, what carries the tag {TAG} is removed: images, snapshots, volumes.")
        else:
            self._announce_changes()
        _say(f"Type the Region's name to go on: {self._region}")
        typed = ""
        with suppress(EOFError):
            typed = input().strip()
        if typed != self._region:
            raise UsageError("nothing was changed", why="the Region was not typed")

    async def write(self) -> None:
        """One image through its life, and the removal of all that carries the tag."""
        task = asyncio.current_task()
        for one in _SIGNALS:
            asyncio.get_running_loop().add_signal_handler(one, lambda: task and task.cancel())
        connection, pause = WatchedConnection(self._target(read_only=False)), PAUSE_S / self._options.speed
        try:
            if self._options.clean_up:
                await clean_up(connection, self._region, self._account, self._report, _say, pause=pause)
                return
            await clean_up(connection, self._region, self._account, self._report, _say, pause=pause, title=EARLIER)
            if self._report.lines[-1].verdict is Verdict.EXPECTED:
                await self._live(connection)
        finally:
            self._count(connection)
            await connection.close()

    async def _live(self, connection: WatchedConnection) -> None:
        stopped: BaseException | None = None
        speed = self._options.speed
        pause = PAUSE_S / speed
        with tempfile.TemporaryDirectory(prefix="amitui-smoke-") as folder:
            engine = _engine(connection, folder, speed)
            run = time.strftime("%Y%m%d-%H%M%S-", time.gmtime()) + secrets.token_hex(2)
            life = ImageLife(connection, engine, self._region, self._account, run=run, now=time.time, pause=pause)
            try:
                await run_life(life, connection, self._report)
            except (AmituiError, asyncio.CancelledError) as reason:
                stopped = reason
                _say("Stopped. What was made is removed now; stop again to leave it there.")
            finally:
                await engine.close()
            await clean_up(connection, self._region, self._account, self._report, _say, pause=pause)
        if stopped is not None:
            raise stopped

    def _announce_changes(self) -> None:
        _say("")
        _say(f"Then, in {self._region}, these calls that change something, each once unless a number is given:")
        _say("  " + ", ".join(api + (f" x {count}" if count > 1 else "") for api, count in CHANGES))
        _say(f"on one gp3 volume of {GIB} GiB, two snapshots and two images that all carry the tag {TAG}, and")
        _say(
            "that are removed at the end, after Ctrl+C too. After a kill, --clean-up removes them. By AWS's price"
        )
        _say(
            "lists an empty volume and its snapshots for some minutes cost less than 0.01 USD. A retention rule of"
        )
        _say("the Recycle Bin keeps images and snapshots beyond that: nothing can remove them from there earlier.")
        _say("What carries the tag from an earlier run, of whomever in this account, is removed first.")

    def _target(self, *, read_only: bool) -> AwsTarget:
        caller = Connections(self._settings).caller(self._settings.profile)
        if caller.problem is not None:
            raise caller.problem
        self._masker.hide(caller.profile if caller.profile != "default" else "")
        return AwsTarget(
            caller.name or None,
            self._settings.endpoint_url,
            read_only=read_only,
            ec2_endpoint_url=caller.endpoint_url,
            is_resolved=True,
        )

    def _count(self, connection: WatchedConnection) -> None:
        for (_, operation), count in connection.calls.items():
            self._calls[operation] += count
        if connection.identity is not None:
            self._masker.hide(*connection.identity.arn.split(":", 5)[-1].split("/"))

    def end(self) -> int:
        """Print the summary; the exit code by what was found, 0 = nothing to say."""
        endpoint = "a custom endpoint" if self._target(read_only=True).ec2_endpoint_url else "AWS's endpoints"
        head = (
            f"amitui {__version__}, botocore {botocore.__version__}, Python {platform.python_version()}",
            f"{time.strftime('%Y-%m-%d', time.gmtime())}, {self._region}, {endpoint}",
        )
        _say("")
        _say("--- to paste into a report; account ids and names are masked, read it before you do ---")
        for line in self._report.summary(head, self._calls):
            _say(line)
        _say("---")
        cleaned = [line.verdict for line in self._report.lines if line.title == CLEAN_UP]
        if cleaned and cleaned[-1] is not Verdict.EXPECTED:
            return LEFT_OVER
        count = self._report.count
        if count(Verdict.FAILED):
            return AWS_FAILED
        return DIFFERS if count(Verdict.DIFFERS) or count(Verdict.DENIED) else 0


def _engine(connection: WatchedConnection, folder: str, speed: float) -> OperationEngine:
    """amitui's engine with a journal of its own: nothing of this is among the user's operations."""

    async def connect(_profile: str) -> WatchedConnection:
        return connection

    async def no_rows(_rows: object, _image_ids: Sequence[str]) -> None:
        """There is no catalogue to refresh."""

    began = time.time()
    return OperationEngine(
        os.path.join(folder, "journal.sqlite"),
        connect,
        now=lambda: began + (time.time() - began) * speed,
        refresh_rows=no_rows,
        sleep=lambda seconds: asyncio.sleep(seconds / speed),
    )


def _say(line: str, stream: object = None) -> None:
    print(line, file=stream or sys.stdout, flush=True)  # type: ignore[arg-type]


if __name__ == "__main__":
    raise SystemExit(main())
