"""Jobs of the parcels' room, run by the worker."""

from django.db import connection
from procrastinate.contrib.django import app

from yidao.kit import clock, logs
from yidao.parcels import retention

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
