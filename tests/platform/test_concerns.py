"""The threads of the worker: each concern runs in one of them, and what waits for strangers runs alone."""

import threading

from yidao.config import concerns, worker


def test_each_concern_is_swept_by_one_thread_and_refunds_by_their_own() -> None:
    names = [each.name for each in (*concerns.INSIDE, *concerns.OUTSIDE)]

    assert sorted(names) == sorted(each.name for each in concerns.CONCERNS)
    assert [each.name for each in concerns.OUTSIDE] == ["refunds"]


def test_the_worker_begins_a_thread_for_what_waits_for_strangers(monkeypatch) -> None:
    begun: dict[str, tuple[str, ...]] = {}
    stop = threading.Event()

    def sweep(stop: threading.Event, *, concerns: tuple[concerns.Concern, ...]) -> None:
        begun[threading.current_thread().name] = tuple(each.name for each in concerns)
        if len(begun) == 2:
            stop.set()
        stop.wait(10)

    monkeypatch.setattr(worker.kit_sweeps, "run_forever", sweep)
    monkeypatch.setattr(worker.sweeps, "run_forever", lambda stop, **_: stop.wait(10))
    monkeypatch.setattr(worker.nudge_sweeps, "run_forever", lambda stop: stop.wait(10))
    monkeypatch.setattr(worker.JobRunner, "run", lambda self: stop.wait(10))

    assert worker.run(stop) in (0, 1)
    assert begun["outside"] == ("refunds",)
    assert "refunds" not in begun["deadlines"]
