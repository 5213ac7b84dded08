"""The parcels app."""

from django.apps import AppConfig


class ParcelsConfig(AppConfig):
    """Parcels, scans and anomalies; most of its tables are made by SQL and only read through models."""

    name = "yidao.parcels"
    label = "parcels"
    default_auto_field = "django.db.models.BigAutoField"
    # The runtime role may not UPDATE or DELETE these.
    append_only_tables = (
        "anomaly_change",
        "carrier_ticket_message",
        "nudge_message",
        "parcel_acknowledgement",
        "scan",
    )

    def ready(self) -> None:
        """Make the kinds of notices known, whoever is going to show them."""
        from yidao.parcels import stepping  # noqa: F401  # inline: django not set up
