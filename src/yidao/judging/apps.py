"""Django's registration of this room."""

from importlib import import_module

from django.apps import AppConfig


class JudgingConfig(AppConfig):
    """Judgements, penalties, bans, sanctions and appeals."""

    name = "yidao.judging"
    label = "judging"
    append_only_tables = ("judgement", "judgement_reversal", "penalty", "case_text")

    def ready(self) -> None:
        """Make the kinds of notices known, whoever is going to show them."""
        for module in ("appeal_sweeps", "by_hand", "sanctions", "settling", "telling"):
            import_module(f"{self.name}.{module}")
