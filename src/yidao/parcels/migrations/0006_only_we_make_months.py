"""
The one function that runs with the owner's rights: only the runtime may call it, only for months that scans can have,
and nothing a caller keeps in a temporary schema is looked up in it.
"""

from django.db import migrations

GUARDED = """
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
    IF to_regclass('public.' || partition_name) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE public.%I PARTITION OF public.scan FOR VALUES FROM (%L) TO (%L)',
            partition_name, first_day::text || ' 00:00:00+00', next_month::text || ' 00:00:00+00'
        );
    END IF;
END
$$;
REVOKE EXECUTE ON FUNCTION ensure_scan_month(date) FROM PUBLIC;
"""
OPEN = """
GRANT EXECUTE ON FUNCTION ensure_scan_month(date) TO PUBLIC;
ALTER FUNCTION ensure_scan_month(date) SET search_path = pg_catalog, public;
"""


class Migration(migrations.Migration):
    dependencies = [("parcels", "0005_adoptions_tell_when")]

    operations = [migrations.RunSQL(GUARDED, OPEN)]
