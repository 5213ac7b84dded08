"""Jobs of this room, run by the worker."""

from procrastinate.contrib.django import app

from yidao.files import services
from yidao.kit import clock, logs

log = logs.get(__name__)


@app.periodic(cron="5 * * * *")
@app.task(name="files.forget", queueing_lock="files.forget")
def forget(timestamp: int) -> None:
    """Delete files whose life is over and whose owner has not done it, every hour."""
    forgotten = services.forget(real_now=clock.real_now())
    if forgotten:
        log.info("old files forgotten", files=forgotten)
