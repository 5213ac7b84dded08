"""
sweep.parcels: 200,000 due parcels judged again and written, against the rate at which bulk intake writes parcels in
the same run.
"""

import time
from typing import Final

from bench import bulk, data, report
from yidao.intake.writer import Writer
from yidao.kit import memory
from yidao.parcels import hot, sweeps
from yidao.parcels.lives import BUCKETS
from yidao.rules.instants import Instant

DUE: Final = 200_000
MAKE_DUE = """
UPDATE parcel SET due_at = %(now)s
FROM (SELECT waybill_no, carrier, life FROM parcel WHERE status NOT IN ('SIGNED', 'VOIDED') AND carrier = %(carrier)s
      AND abs(hashtext(waybill_no || %(salt)s)) %% 10 < 9 LIMIT %(due)s) AS chosen
WHERE parcel.waybill_no = chosen.waybill_no AND parcel.carrier = chosen.carrier AND parcel.life = chosen.life
"""


def run(url: str, parcels: int) -> None:
    """Make parcels due, sweep them, and print the line."""
    memory.settle()
    with hot.connect(url) as connection:
        floor = _bulk_parcels_per_second(Writer(connection, now=Instant(data.NOW)), parcels)
        knowledge = hot.Knowledge()
        knowledge.refresh(connection, now=Instant(data.NOW))
        connection.execute("SET enable_hashjoin = on")
        connection.execute(
            MAKE_DUE, {"now": knowledge.now_at, "carrier": data.CARRIER, "salt": str(time.time()), "due": DUE}
        )
        connection.execute("CHECKPOINT")
        hot.prepare(connection)
        total = sweeps.Swept()
        started = time.perf_counter()
        for bucket in range(BUCKETS):
            while (swept := sweeps.sweep_bucket(connection, bucket, knowledge)).looked_at:
                total.add(swept)
        seconds = time.perf_counter() - started
    report.line(
        "sweep.parcels",
        value=total.written / seconds,
        floor=floor,
        unit="parcels/s",
        due=total.looked_at,
        changes=total.changes,
        seconds=seconds,
    )


def _bulk_parcels_per_second(writer: Writer, parcels: int) -> float:
    mix = bulk.Mix(parcels)
    bulk.write(writer, [mix.batch()])
    batches = [mix.batch() for _ in range(6)]
    touched = sum(sort != "duplicate" for batch in batches for _, sort, _ in batch)
    started = time.perf_counter()
    bulk.write(writer, batches)
    return touched / (time.perf_counter() - started)
