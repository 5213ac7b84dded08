"""Django's registration of this room."""

from django.apps import AppConfig


class JudgingConfig(AppConfig):
    """Judgements, penalties, bans, sanctions and appeals."""

    name = "yidao.judging"
    label = "judging"
    append_only_tables = ("judgement", "judgement_reversal", "penalty", "case_text")
