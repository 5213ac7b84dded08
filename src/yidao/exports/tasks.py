"""Jobs of this room, run by the worker."""

import psycopg
from django.db import OperationalError
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from yidao.exports import making, services
from yidao.exports.ids import ExportId
from yidao.kit import clock, logs

log = logs.get(__name__)
RETRY = RetryStrategy(
    max_attempts=making.RUNS_MAX, wait=3, retry_exceptions=(OperationalError, psycopg.OperationalError)
)


@app.task(name=services.MAKE_FILE, retry=RETRY)
def make_file(export_id: int) -> None:
    """Make the file of one export; begun twice, the later run wins and one file comes of it."""
    making.make(ExportId(export_id))


@app.periodic(cron="*/10 * * * *")
@app.task(name="exports.tidy", queueing_lock="exports.tidy")
def tidy(timestamp: int) -> None:
    """Take files away whose time is over, and see to exports whose job is lost, every ten minutes."""
    real_now = clock.real_now()
    done = {
        "expired": services.expire(real_now=real_now),
        "revived": services.revive(real_now=real_now),
        "forgotten": services.forget(real_now=real_now),
        "folders": making.sweep_folders(real_now=real_now),
    }
    if any(done.values()):
        log.info("exports tidied", **done)
