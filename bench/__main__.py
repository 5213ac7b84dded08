"""`python -m bench [id | data | chaos | soak]`: run all benchmarks, or one, or build their data, or the long trials."""

import sys
from collections.abc import Callable

from bench import bulk, chaos, cluster, data, exports, lists, pages, push, soak, sweep

TRIALS: dict[str, Callable[[], int]] = {"chaos": chaos.main, "soak": soak.main}
BENCHMARKS: dict[str, Callable[[str, int], None]] = {
    "intake.bulk": bulk.run,
    "intake.push": push.run,
    "sweep.parcels": sweep.run,
    "list.parcels": lists.run,
    "export.rows": exports.run,
    "page.weight": pages.run,
}


def main(arguments: list[str]) -> int:
    """Return 0, 1 when a trial failed, or 2 when asked for something that does not exist."""
    wanted = arguments[0] if arguments else ""
    if wanted == "data":
        data.main()
        return 0
    if wanted in TRIALS:
        return TRIALS[wanted]()
    chosen = {name: each for name, each in BENCHMARKS.items() if wanted in ("", name)}
    if not chosen:
        print(f"There is no benchmark {wanted}; there are {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    with cluster.running() as url:
        parcels = cluster.built(url)
        if not parcels:
            print("Building the big data first (make bench-data does only that) ...", file=sys.stderr)
            data.build(url)
            parcels = cluster.built(url)
        cluster.warm(url)
        for run in chosen.values():
            run(url, parcels)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
