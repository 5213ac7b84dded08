"""Django's registration of this room."""

from django.apps import AppConfig


class JudgingConfig(AppConfig):
    """Judgements, penalties, bans, sanctions and appeals."""

    name = "yidao.judging"
    label = "judging"
