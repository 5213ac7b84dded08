"""Who asked for which list as a file, how far it has come, and where the file is."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import yidao.kit.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ExportRecord",
            fields=[
                ("id", models.BigIntegerField(default=yidao.kit.ids.new_id, primary_key=True, serialize=False)),
                ("kind", models.TextField()),
                ("actor_kind", models.TextField()),
                (
                    "organisation_ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                ("query", models.TextField()),
                ("page", models.TextField()),
                ("format", models.TextField()),
                ("language", models.TextField()),
                ("policy", models.TextField()),
                ("needs_code", models.BooleanField()),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("QUEUED", "Queued"),
                            ("RUNNING", "Running"),
                            ("DONE", "Done"),
                            ("FAILED", "Failed"),
                            ("CANCELLED", "Cancelled"),
                            ("EXPIRED", "Expired"),
                        ]
                    ),
                ),
                ("run", models.SmallIntegerField(default=0)),
                ("rows_total", models.IntegerField()),
                ("rows_done", models.IntegerField(default=0)),
                ("file_id", models.BigIntegerField(blank=True, null=True)),
                ("fault", models.TextField(blank=True, default="")),
                ("asked_at", models.DateTimeField()),
                ("queued_at", models.DateTimeField()),
                ("touched_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("fetched_at", models.DateTimeField(blank=True, null=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "export_record",
                "indexes": [
                    models.Index(fields=["made_by", "-id"], name="exports_of_person"),
                    models.Index(
                        condition=models.Q(("state__in", ["QUEUED", "RUNNING"])),
                        fields=["touched_at"],
                        name="exports_under_way",
                    ),
                    models.Index(
                        condition=models.Q(("state", "DONE")), fields=["expires_at"], name="exports_with_file"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("expires_at__isnull", False), ("file_id__isnull", False), ("state", "DONE")),
                            models.Q(models.Q(("state", "DONE"), _negated=True), ("file_id", None)),
                            _connector="OR",
                        ),
                        name="exports_have_a_file_when_and_only_when_done",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "FAILED"), models.Q(("fault", ""), _negated=True)),
                            models.Q(models.Q(("state", "FAILED"), _negated=True), ("fault", "")),
                            _connector="OR",
                        ),
                        name="failed_exports_say_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rows_done__gte", 0), ("rows_total__gte", 0), ("run__gte", 0)),
                        name="exports_count_up",
                    ),
                ],
            },
        ),
    ]
