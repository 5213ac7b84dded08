"""Django's registration of this room."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The append-only journal."""

    name = "yidao.audit"
    label = "audit"
    append_only_tables = ("audit_entry",)
