-- The statements of the figures by day. They read the parcels of one day by carrier and ship time, a step of an index each.

-- day_cells --
WITH fact AS MATERIALIZED (
    SELECT p.waybill_no, p.carrier, p.life, p.shop_id, p.creator_id, p.has_extra_creators, p.shipped_at, p.status,
           left(p.receiver_division, 2) AS province,
           coalesce(a.is_anomalous, false) AS is_anomalous, coalesce(a.is_late, false) AS is_late,
           CASE WHEN p.picked_at IS NULL THEN NULL
                ELSE greatest(0, floor(extract(epoch FROM p.picked_at - p.shipped_at))::bigint) END AS waited
    FROM parcel p
    LEFT JOIN LATERAL (
        SELECT bool_or(n.type <> ALL(%(uncounted_types)s)) AS is_anomalous, bool_or(n.type = ANY(%(timeouts)s)) AS is_late
        FROM anomaly n
        WHERE n.waybill_no = p.waybill_no AND n.carrier = p.carrier AND n.life = p.life
          AND n.closing <> ALL(%(uncounted_closings)s) AND p.episodes <> ''
    ) AS a ON true
    WHERE p.carrier = ANY(%(carriers)s) AND p.shipped_at >= %(since)s AND p.shipped_at < %(until)s AND p.status <> 'VOIDED'
), whose AS (
    SELECT 'CREATOR' AS scope, f.creator_id::text AS tenant, f.shop_id AS part, f.* FROM fact f
    WHERE f.creator_id IS NOT NULL AND f.shipped_at >= %(data_start)s
    UNION ALL
    SELECT 'CREATOR', e.creator_id::text, f.shop_id, f.* FROM fact f
    JOIN LATERAL (
        SELECT x.creator_id FROM parcel_extra_creator x
        WHERE x.waybill_no = f.waybill_no AND x.carrier = f.carrier AND x.life = f.life
        OFFSET 0  -- One look-up for each parcel that needs it; there are few.
    ) AS e ON true
    WHERE f.has_extra_creators AND f.shipped_at >= %(data_start)s
    UNION ALL
    SELECT 'SHOP', f.shop_id::text, 0, f.* FROM fact f WHERE f.shop_id IS NOT NULL
    UNION ALL
    SELECT 'CARRIER', f.carrier, 0, f.* FROM fact f
    UNION ALL
    SELECT 'PROVINCE', f.province, 0, f.* FROM fact f
)
SELECT scope, tenant, coalesce(part, 0), status, width_bucket(waited, %(edges)s::bigint[]) AS step, count(*),
       count(*) FILTER (WHERE is_late), count(*) FILTER (WHERE is_anomalous), coalesce(sum(waited), 0)
FROM whose
GROUP BY scope, tenant, part, status, step

-- put_day --
WITH told AS (
    SELECT %(day)s::date AS day, v.scope, v.tenant, v.part, v.parcels, v.ended, v.signed, v.punctual, v.anomalous, v.picked,
           v.pickup_seconds, v.pickup_steps::integer[] AS pickup_steps, v.statuses::integer[] AS statuses
    FROM unnest(%(scope)s::text[], %(tenant)s::text[], %(part)s::bigint[], %(parcels)s::integer[], %(ended)s::integer[],
                %(signed)s::integer[], %(punctual)s::integer[], %(anomalous)s::integer[], %(picked)s::integer[],
                %(pickup_seconds)s::bigint[], %(pickup_steps)s::text[], %(statuses)s::text[])
         AS v (scope, tenant, part, parcels, ended, signed, punctual, anomalous, picked, pickup_seconds, pickup_steps, statuses)
), put AS (
    INSERT INTO parcel_day AS d (day, scope, tenant, part, parcels, ended, signed, punctual, anomalous, picked, pickup_seconds,
                                 pickup_steps, statuses)
    SELECT * FROM told
    ON CONFLICT (scope, tenant, day, part) DO UPDATE
    SET parcels = excluded.parcels, ended = excluded.ended, signed = excluded.signed, punctual = excluded.punctual,
        anomalous = excluded.anomalous, picked = excluded.picked, pickup_seconds = excluded.pickup_seconds,
        pickup_steps = excluded.pickup_steps, statuses = excluded.statuses
    WHERE (d.parcels, d.ended, d.signed, d.punctual, d.anomalous, d.picked, d.pickup_seconds, d.pickup_steps, d.statuses)
          IS DISTINCT FROM (excluded.parcels, excluded.ended, excluded.signed, excluded.punctual, excluded.anomalous,
                            excluded.picked, excluded.pickup_seconds, excluded.pickup_steps, excluded.statuses)
), gone AS (
    DELETE FROM parcel_day d
    WHERE d.day = %(day)s
      AND NOT EXISTS (SELECT 1 FROM told t WHERE t.scope = d.scope AND t.tenant = d.tenant AND t.part = d.part)
)
INSERT INTO figure_run (name, computed_at, took_ms) VALUES (%(name)s, %(now)s, %(took_ms)s)
ON CONFLICT (name) DO UPDATE SET computed_at = excluded.computed_at, took_ms = excluded.took_ms

-- forget --
WITH gone AS (DELETE FROM parcel_day WHERE day < %(oldest)s OR day > %(today)s)
DELETE FROM figure_run WHERE name LIKE 'day/%%' AND (name < %(oldest_name)s OR name > %(today_name)s)

-- open_cells --
SELECT p.carrier, left(p.receiver_division, 2), p.open_types, count(*)
FROM parcel p
WHERE p.carrier = ANY(%(carriers)s) AND p.open_types <> 0 AND p.shipped_at IS NOT NULL AND p.status <> 'VOIDED'
GROUP BY 1, 2, 3

-- put_open --
WITH told AS (
    SELECT * FROM unnest(%(carrier)s::text[], %(province)s::text[], %(type)s::text[], %(parcels)s::integer[])
         AS v (carrier, province, type, parcels)
), put AS (
    INSERT INTO open_anomaly AS o (carrier, province, type, parcels) SELECT * FROM told
    ON CONFLICT (carrier, province, type) DO UPDATE SET parcels = excluded.parcels WHERE o.parcels <> excluded.parcels
), gone AS (
    DELETE FROM open_anomaly o
    WHERE NOT EXISTS (SELECT 1 FROM told t WHERE t.carrier = o.carrier AND t.province = o.province AND t.type = o.type)
)
INSERT INTO figure_run (name, computed_at, took_ms) VALUES (%(name)s, %(now)s, %(took_ms)s)
ON CONFLICT (name) DO UPDATE SET computed_at = excluded.computed_at, took_ms = excluded.took_ms

-- passages --
SELECT p.milestones, p.shipped_at
FROM parcel p
WHERE p.carrier = %(carrier)s AND p.shipped_at < %(settled)s AND p.shipped_at >= %(since)s AND p.status = 'SIGNED'
ORDER BY p.shipped_at DESC, p.waybill_no DESC, p.life DESC
LIMIT %(limit)s

-- put_stages --
WITH told AS (
    SELECT * FROM unnest(%(carrier)s::text[], %(stage)s::text[], %(sample)s::integer[], %(median_seconds)s::bigint[],
                         %(p90_seconds)s::bigint[])
         AS v (carrier, stage, sample, median_seconds, p90_seconds)
), put AS (
    INSERT INTO carrier_stage (carrier, stage, sample, median_seconds, p90_seconds) SELECT * FROM told
    ON CONFLICT (carrier, stage) DO UPDATE
    SET sample = excluded.sample, median_seconds = excluded.median_seconds, p90_seconds = excluded.p90_seconds
), gone AS (
    DELETE FROM carrier_stage s
    WHERE NOT EXISTS (SELECT 1 FROM told t WHERE t.carrier = s.carrier AND t.stage = s.stage)
)
INSERT INTO figure_run (name, computed_at, took_ms) VALUES (%(name)s, %(now)s, %(took_ms)s)
ON CONFLICT (name) DO UPDATE SET computed_at = excluded.computed_at, took_ms = excluded.took_ms
