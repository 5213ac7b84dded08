"""
`make soak`: ten minutes of load on all doors; the resident memory of the intake, the web and the worker must stay
level: the mean of the second half within a tenth of the mean of the first. SECONDS in the environment shortens it.
"""

import http.client
import os
import random
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Final

from bench.ground import CARRIER, Ground, Keys
from bench.load import Senders, Story

SECONDS_DEFAULT: Final = 600
WARM_SECONDS: Final = 30
"""Before the first sample: what is loaded lazily and cached once is no leak."""
SAMPLE_SECONDS: Final = 2.0
SENDERS: Final = 8
ITEMS_A_SECOND: Final = 600.0
READERS: Final = 2
READ_PAUSE_SECONDS: Final = 0.05
GROWTH_MAX: Final = 0.10
PARTS: Final = ("intake", "web", "worker")


@dataclass(slots=True)
class Samples:
    """Resident memory in MiB of each part with all its processes, by time."""

    seconds: list[float] = field(default_factory=list)
    resident: dict[str, list[float]] = field(default_factory=lambda: {part: [] for part in PARTS})

    def halves(self, part: str) -> tuple[float, float]:
        """Return the mean of the first and of the second half."""
        middle = len(self.seconds) // 2
        return fmean(self.resident[part][:middle]), fmean(self.resident[part][middle:])


def main() -> int:
    """Run the trial; 0 when memory stayed level and nothing failed, 1 when not."""
    seconds = int(os.environ.get("SECONDS", SECONDS_DEFAULT))
    seed = int(os.environ.get("SEED", "1"))
    faults: list[str] = []
    with Ground("soak") as ground:
        keys = ground.plant()
        from yidao.kit import clock  # inline: django not set up

        before = ground.children()
        story = Story(keys, seed=seed, now=clock.real_now())
        senders = Senders(story, port=ground.intake_port, threads=SENDERS, items_a_second=ITEMS_A_SECOND)
        readers = Readers(keys, senders, port=ground.web_port)
        time.sleep(min(WARM_SECONDS, seconds / 4))
        samples = _sampled(ground, seconds=seconds)
        readers.stop()
        if not senders.finish():
            faults.append(f"{len(senders.in_doubt)} deliveries were never acknowledged")
        if ground.children() != before:
            faults.append("a process died and was started again")
        known = senders.acknowledged
        faults += [f"refused {count} times: {what}" for what, count in known.refused.items()]
        faults += [f"page answered {status} {count} times" for status, count in readers.failed.items()]
        items = len(known.scans) + len(known.lists) + len(known.shipments)
        print(f"soak: {items} items acknowledged, {readers.count} pages read, answers {dict(known.answers)}")
        faults += _judged(samples)
        ground.is_kept = bool(faults)
    for fault in faults:
        print(f"  FAULT {fault}")
    print("soak: passed" if not faults else f"soak: {len(faults)} faults", flush=True)
    return 1 if faults else 0


def _judged(samples: Samples) -> list[str]:
    faults = []
    for part in PARTS:
        first, second = samples.halves(part)
        growth = second / first - 1
        print(
            f"  {part}: {first:.1f} MiB in the first half, {second:.1f} MiB in the second ({growth:+.1%}), "
            f"at most {max(samples.resident[part]):.1f} MiB"
        )
        if abs(growth) > GROWTH_MAX:
            faults.append(f"memory of {part} is not level: {growth:+.1%}")
    return faults


def _sampled(ground: Ground, *, seconds: float) -> Samples:
    samples = Samples()
    started = time.monotonic()
    told = 0.0
    while (spent := time.monotonic() - started) < seconds:
        children = ground.children()
        samples.seconds.append(spent)
        for part in PARTS:
            samples.resident[part].append(_resident(children[part]))
        if spent - told >= 60:
            told = spent
            print(f"  {spent:4.0f} s: " + ", ".join(f"{part} {samples.resident[part][-1]:.0f} MiB" for part in PARTS))
        time.sleep(SAMPLE_SECONDS)
    return samples


def _resident(pid: int) -> float:
    """Return the resident memory of a process and all its descendants, in MiB."""
    total = 0.0
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total = int(line.split()[1]) / 1024
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return total + sum(_resident(int(each)) for each in children)


class Readers:
    """A few readers of pages and parcels, so that the web works too."""

    def __init__(self, keys: Keys, senders: Senders, *, port: int) -> None:
        self.count = 0
        self.failed: dict[int, int] = {}
        self._keys = keys
        self._senders = senders
        self._port = port
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(seed,), daemon=True) for seed in range(READERS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the readers."""
        self._ending.set()
        for thread in self._threads:
            thread.join(30)

    def _run(self, seed: int) -> None:
        chance = random.Random(seed)
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        while not self._ending.is_set():
            path = "/login"
            recent = self._senders.acknowledged.recent
            if recent and chance.random() < 0.8:
                path = f"/v1/parcels/{CARRIER}/{recent[chance.randrange(len(recent))]}"
            connection.request("GET", path, headers={"Authorization": f"Bearer {self._keys.reader_token}"})
            answer = connection.getresponse()
            answer.read()
            with self._lock:
                self.count += 1
                # A shop does not see a parcel while its claim to the number waits.
                if answer.status not in (200, 404):
                    self.failed[answer.status] = self.failed.get(answer.status, 0) + 1
            time.sleep(READ_PAUSE_SECONDS)
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
