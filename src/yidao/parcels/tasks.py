"""Jobs of the parcels' room, run by the worker."""

from django.db import connection
from procrastinate.contrib.django import app

from yidao.kit import clock, logs
from yidao.parcels import daily, retention

log = logs.get(__name__)


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="forget_quarantine")
def forget_quarantine(timestamp: int) -> None:
    """Delete kept-aside input whose time is over, every hour."""
    connection.ensure_connection()
    assert connection.connection is not None
    forgotten = retention.forget(now=clock.business_now(connection.connection))
    if forgotten:
        log.info("old quarantine forgotten", pieces=forgotten)


@app.periodic(cron="* * * * *")
@app.task(lock="figures", queueing_lock="refresh_figures")
def refresh_figures(timestamp: int) -> None:
    """
    Compute the statistics that are stale, every minute a few; what is fresh is left alone.

    Business time may run fast in a demo, so that what is stale is decided by it and not by the schedule.
    """
    connection.ensure_connection()
    assert connection.connection is not None
    done = daily.refresh(now=clock.business_now(connection.connection))
    if done:
        log.info("figures computed", pieces=done)
