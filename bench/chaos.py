"""
`make chaos`: under load, kill -9 of the intake, the worker or the database at random moments; then prove that every
acknowledged event is there exactly once, that every verdict follows from the facts, that no anomaly was lost or
doubled, and that everything came back by itself. KILLS and SEED in the environment shorten or repeat a run.
"""

import os
import random
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg

from bench.ground import CARRIER, Ground, wait_until
from bench.load import Acknowledged, Scan, Senders, Story

KILLS_DEFAULT: Final = 30
SENDERS: Final = 8
ITEMS_A_SECOND: Final = 400.0
PAUSE_SECONDS: Final = (1.0, 8.0)
BACK_SECONDS_MAX: Final = 60.0
QUIET_SECONDS_MAX: Final = 60.0
TARGETS: Final = ("intake", "intake's server process", "worker", "database")
FAULTS_SHOWN: Final = 10


@dataclass(slots=True)
class Report:
    """What was seen; a trial without faults is passed."""

    kills: list[tuple[str, float]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)

    def expect_none(self, what: str, found: object) -> None:
        """Note a fault when something was found that should not be; the first few of it are told."""
        several = list(found) if not isinstance(found, Counter) else found.most_common()  # type: ignore[call-overload]
        if several:
            self.faults.append(f"{len(several)} {what}: {several[:FAULTS_SHOWN]}")


def main() -> int:
    """Run the trial; 0 when it is passed, 1 when not."""
    kills = int(os.environ.get("KILLS", KILLS_DEFAULT))
    seed = int(os.environ.get("SEED", random.SystemRandom().randrange(1_000_000)))
    print(f"chaos: {kills} kills, SEED={seed}", flush=True)
    report = Report()
    with Ground("chaos") as ground:
        keys = ground.plant()
        from yidao.kit import clock  # inline: django not set up

        story = Story(keys, seed=seed, now=clock.real_now())
        senders = Senders(story, port=ground.intake_port, threads=SENDERS, items_a_second=ITEMS_A_SECOND)
        _kill_often(ground, report, kills=kills, chance=random.Random(seed))
        if not senders.finish():
            report.faults.append(f"{len(senders.in_doubt)} deliveries were never acknowledged")
        with psycopg.connect(ground.runtime_url(), autocommit=True) as connection:
            _verify(connection, senders.acknowledged, story.sent_scans, report, keys.shop_id)
        ground.is_kept = bool(report.faults)
    _print(report, senders.acknowledged)
    return 1 if report.faults else 0


# --- Killing ----------------------------------------------------------------------------------------------------------


def _kill_often(ground: Ground, report: Report, *, kills: int, chance: random.Random) -> None:
    time.sleep(PAUSE_SECONDS[0])
    for number in range(kills):
        # Each target in turn of a shuffled round, so that none is spared by chance; a pause may end before the
        # last victim is back, so that deaths overlap now and then.
        target = TARGETS[number % len(TARGETS)] if number % 8 < 4 else chance.choice(TARGETS)
        victim = _victim(ground, target)
        if not victim:
            report.faults.append(f"kill {number + 1}: there was no {target} to kill")
            continue
        os.kill(victim, signal.SIGKILL)
        killed_at = time.monotonic()
        is_waited_for = chance.random() < 0.8
        is_back = wait_until(lambda t=target, v=victim: _is_back(ground, t, v), seconds=BACK_SECONDS_MAX)
        report.kills.append((target, time.monotonic() - killed_at))
        print(f"  {number + 1:3d} killed {target}, ready after {report.kills[-1][1]:.1f} s", flush=True)
        if not is_back:
            report.faults.append(f"kill {number + 1} ({target}): not ready after {BACK_SECONDS_MAX:.0f} s")
            return
        if is_waited_for:
            time.sleep(chance.uniform(*PAUSE_SECONDS))
    wait_until(lambda: set(ground.children()) >= {"web", "intake", "worker"}, seconds=BACK_SECONDS_MAX)
    report.expect_none(
        "processes that did not come back", [name for name, pid in ground.children().items() if _is_gone(pid)]
    )


def _victim(ground: Ground, target: str) -> int:
    """Return the process to kill, waiting for one that is just being brought back; 0 when there is none."""
    wait_until(lambda: not _is_gone(_process(ground, target)), seconds=BACK_SECONDS_MAX)
    return _process(ground, target)


def _is_back(ground: Ground, target: str, victim: int) -> bool:
    successor = _process(ground, target)
    return successor not in (0, victim) and not _is_gone(successor) and ground.is_ready()


def _process(ground: Ground, target: str) -> int:
    if target == "database":
        return ground.postmaster()
    found = ground.children().get(target.split("'")[0], 0)
    return next(iter(_children_of(found)), 0) if target.endswith("server process") else found


def _children_of(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def _is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return True


# --- Proving ----------------------------------------------------------------------------------------------------------


def _verify(
    connection: psycopg.Connection[Any], known: Acknowledged, sent: set[Scan], report: Report, shop_id: int
) -> None:
    from yidao.parcels import rebuild  # inline: django not set up

    report.expect_none("items refused", known.refused)
    _verify_facts(connection, known, sent, report, shop_id)
    if not wait_until(lambda: not _overdue(connection), seconds=QUIET_SECONDS_MAX):
        report.faults.append(f"{_overdue(connection)} parcels are due and nobody sweeps them")
    report.expect_none("differences between stored verdicts and a fresh fold", rebuild.check(connection))
    report.expect_none("faults of the anomalies' journal", journal_faults(connection))
    report.figures = {
        "parcels": _one(connection, "SELECT count(*) FROM parcel"),
        "anomalies": _one(connection, "SELECT count(*) FROM anomaly"),
        "of them open": _one(connection, "SELECT count(*) FROM anomaly WHERE state = 'OPEN'"),
        "that never happened": _one(connection, "SELECT count(*) FROM anomaly WHERE closing = 'NOT_LATE'"),
        "opened by sweeps": _one(
            connection,
            "SELECT count(*) FROM anomaly_change WHERE change = 'OPENED' AND recorded_at - should_open_at "
            "BETWEEN interval '0' AND interval '1 minute'",
        ),
        "journal entries": _one(connection, "SELECT count(*) FROM anomaly_change"),
    }
    report.expect_none("rows in quarantine", connection.execute("SELECT reason, carrier FROM quarantine").fetchall())
    report.expect_none("faults of sweeps", connection.execute("SELECT fault FROM parcel_sweep_fault").fetchall())


def _verify_facts(
    connection: psycopg.Connection[Any], known: Acknowledged, sent: set[Scan], report: Report, shop_id: int
) -> None:
    rows = connection.execute(
        "SELECT waybill_no, event_id, revision, is_retracted, count(*) FROM scan WHERE source = %s GROUP BY 1, 2, 3, 4",
        (f"CARRIER:{CARRIER}",),
    ).fetchall()
    stored = {row[:4] for row in rows}
    report.expect_none("acknowledged events lost", known.scans - stored)
    report.expect_none("events nobody sent", stored - sent)
    report.expect_none("events stored more than once", [row for row in rows if row[4] != 1])
    lists = connection.execute(
        "SELECT waybill_no, source, cardinality(event_ids), count(*) FROM source_snapshot GROUP BY 1, 2, 3"
    ).fetchall()
    report.expect_none("acknowledged lists lost", known.lists - {row[:3] for row in lists})
    report.expect_none("lists stored more than once", [row for row in lists if row[3] != 1])
    claimed = connection.execute(
        "SELECT waybill_no FROM parcel WHERE shop_id = %s UNION SELECT waybill_no FROM parcel_claim WHERE shop_id = %s",
        (shop_id, shop_id),
    ).fetchall()
    report.expect_none("acknowledged shipments lost", known.shipments - {row[0] for row in claimed})


def _overdue(connection: psycopg.Connection[Any]) -> int:
    return _one(
        connection, "SELECT count(*) FROM parcel WHERE due_at < now() - interval '5 seconds' AND sweep_retry_at IS NULL"
    )


def _one(connection: psycopg.Connection[Any], question: str) -> int:
    found = connection.execute(question).fetchone()
    assert found is not None, "counting gives a row"
    return int(found[0])


def journal_faults(connection: psycopg.Connection[Any]) -> Iterator[str]:
    """Replay the journal of every anomaly and name where it does not lead to the anomaly's row, once each."""
    states = {
        row[:5]: row[5:]
        for row in connection.execute(
            "SELECT waybill_no, carrier, life, type, should_open_at, state, closing FROM anomaly"
        )
    }
    told: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for *key, change in connection.execute(
        "SELECT waybill_no, carrier, life, type, should_open_at, change FROM anomaly_change "
        "ORDER BY waybill_no, carrier, life, version, type, should_open_at, "
        "array_position(ARRAY['OPENED', 'REOPENED', 'SEVERITY', 'REASON', 'CLOSING', 'CLOSED', 'NOT_LATE'], change)"
    ):
        told[tuple(key)].append(change)
    for lost in states.keys() ^ told.keys():
        yield f"{lost}: only in one of anomaly and journal"
    for known, changes in told.items():
        ending = _replayed(changes)
        state = states.get(known)
        if state is not None and ending != ("NOT_LATE" if state[1] == "NOT_LATE" else state[0]):
            yield f"{known}: {changes} does not lead to {state}"


def _replayed(changes: list[str]) -> str:
    """Return the state a sequence of changes leads to, or what is wrong with it."""
    state = "NOT_LATE"
    allowed = {"OPENED": "NOT_LATE", "CLOSED": "OPEN", "REOPENED": "CLOSED", "CLOSING": "CLOSED"}
    leads_to = {"OPENED": "OPEN", "CLOSED": "CLOSED", "REOPENED": "OPEN", "NOT_LATE": "NOT_LATE"}
    for change in changes:
        needed = allowed.get(change)
        if (needed is not None and state != needed) or (needed is None and state == "NOT_LATE"):
            return f"{change} while {state}"
        state = leads_to.get(change, state)
    return state


def _print(report: Report, known: Acknowledged) -> None:
    by_target: dict[str, list[float]] = defaultdict(list)
    for target, seconds in report.kills:
        by_target[target].append(seconds)
    for target, seconds in sorted(by_target.items()):
        middle = sorted(seconds)[len(seconds) // 2]
        print(f"  {target}: killed {len(seconds)} times, ready after {middle:.1f} s, at most {max(seconds):.1f} s")
    print(f"  acknowledged: {len(known.scans)} events, {len(known.lists)} lists, {len(known.shipments)} shipments")
    print(f"  answers: {dict(known.answers)}")
    print("  " + ", ".join(f"{name}: {count}" for name, count in report.figures.items()))
    for fault in report.faults:
        print(f"  FAULT {fault}")
    print("chaos: passed" if not report.faults else f"chaos: {len(report.faults)} faults", flush=True)


if __name__ == "__main__":
    sys.exit(main())
