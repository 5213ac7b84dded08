"""Jobs of this room, run by the worker."""

from django.db import connection
from procrastinate.contrib.django import app

from yidao.kit import clock, logs
from yidao.notices import keeping

log = logs.get(__name__)


@app.periodic(cron="41 * * * *")
@app.task(queueing_lock="forget_notices")
def forget_notices(timestamp: int) -> None:
    """Delete notices and rows of their outbox whose time is over, every hour."""
    connection.ensure_connection()
    assert connection.connection is not None
    gone = keeping.forget(now=clock.business_now(connection.connection))
    if gone:
        log.info("old notices forgotten", rows=gone)
