"""
Two writers may need the same new month at once. The second waits for the first at the advisory lock, but what it knows
of the catalogue may be from before; so finding the month there already is no fault.
"""

from django.db import migrations

PATIENT = """
CREATE OR REPLACE FUNCTION ensure_scan_month(wanted date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first_day date := date_trunc('month', wanted::timestamp)::date;
    next_month date := (date_trunc('month', wanted::timestamp) + interval '1 month')::date;
    partition_name text := 'scan_' || to_char(first_day, 'YYYY_MM');
BEGIN
    IF wanted IS NULL OR wanted < '2000-01-01'::date OR wanted >= '2100-01-01'::date THEN
        RAISE EXCEPTION 'no scan is of %', wanted USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF to_regclass('public.' || partition_name) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ensure_scan_month'));
    BEGIN
        EXECUTE format(
            'CREATE TABLE public.%I PARTITION OF public.scan FOR VALUES FROM (%L) TO (%L)',
            partition_name, first_day::text || ' 00:00:00+00', next_month::text || ' 00:00:00+00'
        );
    EXCEPTION WHEN duplicate_table THEN
        NULL;
    END;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("parcels", "0007_troubled_parcels_are_found_by_tenant")]

    operations = [migrations.RunSQL(PATIENT, migrations.RunSQL.noop)]
