"""The intake process: the port for machines, with the probes in front. Started by `yidao intake`."""

from yidao.config import database, env, lifespan, probes, proxies, ready
from yidao.intake import parts
from yidao.kit import memory

assert ready
_settings = env.settings()
_intake = parts.application(
    url=database.runtime_url,
    items_max=_settings.intake_queue_items,
    bytes_max=_settings.intake_queue_bytes,
    batch_max=_settings.intake_batch_max,
)
application = lifespan.living(
    proxies.behind(probes.answering(_intake)),
    process="intake",
    start=(_intake.startup,),
    on_signal=_intake.begin_draining,
    stop=(_intake.shutdown,),
)
memory.settle()
