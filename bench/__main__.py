"""`python -m bench [id | data | chaos | chaos.judging | soak]`: run all benchmarks, or one, or the long trials."""

import sys
from collections.abc import Callable

from bench import (
    bulk,
    chaos,
    chaos_judging,
    cluster,
    data,
    exports,
    judging,
    lists,
    order_import,
    orders_list,
    pages,
    push,
    soak,
    sweep,
)

TRIALS: dict[str, Callable[[], int]] = {
    "chaos": lambda: chaos_judging.main() or chaos.main(),
    "chaos.judging": chaos_judging.main,
    "soak": soak.main,
}
BENCHMARKS: dict[str, Callable[[str, int], None]] = {
    "intake.bulk": bulk.run,
    "intake.push": push.run,
    "sweep.parcels": sweep.run,
    "list.parcels": lists.run,
    "export.rows": exports.run,
    "page.weight": pages.run,
}
ON_OWN_GROUND: dict[str, Callable[[str], None]] = {
    "judge.sweep": judging.run,
    "judge.reverse": judging.run,
    "list.orders": orders_list.run,
    "orders.import": order_import.run,
}
"""Those that bring all their data and take it away again."""


def main(arguments: list[str]) -> int:
    """Return 0, 1 when a trial failed, or 2 when asked for something that does not exist."""
    wanted = arguments[0] if arguments else ""
    if wanted == "data":
        data.main()
        return 0
    if wanted in TRIALS:
        return TRIALS[wanted]()
    chosen = {name: each for name, each in BENCHMARKS.items() if wanted in ("", name)}
    alone = dict.fromkeys(each for name, each in ON_OWN_GROUND.items() if wanted in ("", name))
    if not chosen and not alone:
        names = ", ".join([*BENCHMARKS, *ON_OWN_GROUND])
        print(f"There is no benchmark {wanted}; there are {names}.", file=sys.stderr)
        return 2
    with cluster.running() as url:
        for run_alone in alone:
            run_alone(url)
        if not chosen:
            return 0
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
