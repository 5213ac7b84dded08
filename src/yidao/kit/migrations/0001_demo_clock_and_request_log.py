"""The demo clock, its fast-forwards, and the log of requests that must not run twice."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="DemoForward",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("asked_at", models.DateTimeField()),
                ("asked_by", models.BigIntegerField(null=True)),
                ("from_sim", models.DateTimeField()),
                ("until_sim", models.DateTimeField()),
                ("reached_sim", models.DateTimeField()),
                (
                    "state",
                    models.TextField(
                        choices=[("ASKED", "Asked"), ("RUNNING", "Running"), ("DONE", "Done"), ("FAILED", "Failed")]
                    ),
                ),
                ("fault", models.TextField(blank=True, default="")),
            ],
            options={
                "db_table": "demo_forward",
            },
        ),
        migrations.CreateModel(
            name="DemoClock",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("base_real", models.DateTimeField()),
                ("base_sim", models.DateTimeField()),
                ("rate", models.FloatField()),
                ("is_running", models.BooleanField()),
            ],
            options={
                "db_table": "demo_clock",
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="demo_clock_is_one_row")],
            },
        ),
        migrations.CreateModel(
            name="RequestLog",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("who", models.TextField()),
                ("request_key", models.TextField()),
                ("body_sha256", models.BinaryField()),
                ("result", models.JSONField(null=True)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "request_log",
                "constraints": [models.UniqueConstraint(fields=("who", "request_key"), name="request_once_per_key")],
            },
        ),
    ]
