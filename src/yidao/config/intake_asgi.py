"""The intake process: the port for machines, with the probes in front. Started by `yidao intake`."""

from yidao.config import lifespan, probes, ready
from yidao.intake import app

assert ready
application = lifespan.prepared(probes.answering(app.application), process="intake")
