-- The named SQL of the monitoring tables. Every statement joins or filters by waybill_no, takes no row locks, and hands times over
-- as microseconds, so that it runs unchanged on tables distributed by waybill_no.

-- moment --
SELECT c.base_real, c.base_sim, c.rate, c.is_running,
       (SELECT coalesce(max(v.id), 0) FROM policy_version v) AS policies,
       (SELECT count(*) + count(o.released_at) FROM carrier_outage o) AS outages
FROM (SELECT 1) AS one LEFT JOIN demo_clock c ON true

-- load --
SELECT p.waybill_no, p.carrier, p.life, p.version, p.starts_at, p.shop_id, p.creator_id, p.order_nos, p.creator_order_nos,
       p.shipped_at, p.paid_at, p.sender_division, p.receiver_division, p.receiver_tail, p.policy, p.status,
       p.milestones, p.episodes, p.registers, p.holds, p.revised, p.claim_waiting, p.has_extra_creators
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[]) AS k (waybill_no, carrier)
JOIN parcel p ON p.waybill_no = k.waybill_no AND p.carrier = k.carrier

-- due --
SELECT p.waybill_no, p.carrier, p.life, p.version, p.starts_at, p.shop_id, p.creator_id, p.order_nos, p.creator_order_nos,
       p.shipped_at, p.paid_at, p.sender_division, p.receiver_division, p.receiver_tail, p.policy, p.status,
       p.milestones, p.episodes, p.registers, p.holds, p.revised, p.claim_waiting, p.has_extra_creators
FROM parcel p
WHERE p.bucket = %(bucket)s AND p.due_at <= %(now)s AND (p.sweep_retry_at IS NULL OR p.sweep_retry_at <= %(now)s)
ORDER BY p.due_at
LIMIT %(limit)s

-- aliases --
SELECT a.waybill_no, a.carrier, a.stands_for
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[]) AS k (waybill_no, carrier)
JOIN parcel_alias a ON a.waybill_no = k.waybill_no AND a.carrier = k.carrier

-- add_aliases --
INSERT INTO parcel_alias (waybill_no, carrier, stands_for, source, recorded_at)
SELECT v.waybill_no, v.carrier, v.stands_for, v.source, %(now)s
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[], %(stands_for)s::text[], %(source)s::text[])
     AS v (waybill_no, carrier, stands_for, source)
ON CONFLICT (waybill_no, carrier) DO NOTHING

-- add_scans --
INSERT INTO scan (waybill_no, carrier, life, source, event_id, revision, is_retracted, variant, occurred_at, recorded_at, kind,
                  flags, code, division, place, description)
SELECT v.waybill_no, v.carrier, v.life, v.source, v.event_id, v.revision, v.is_retracted, v.variant,
       to_timestamp(v.occurred_us / 1000000::float8), %(now)s, v.kind, v.flags, v.code, v.division, v.place, v.description
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[], %(life)s::smallint[], %(source)s::text[], %(event_id)s::text[],
            %(revision)s::integer[], %(is_retracted)s::boolean[], %(variant)s::bigint[], %(occurred_us)s::bigint[],
            %(kind)s::smallint[], %(flags)s::smallint[], %(code)s::text[], %(division)s::text[], %(place)s::text[],
            %(description)s::text[])
     AS v (waybill_no, carrier, life, source, event_id, revision, is_retracted, variant, occurred_us, kind, flags, code, division,
           place, description)
ON CONFLICT DO NOTHING
RETURNING waybill_no, carrier, source, event_id, revision, is_retracted, variant

-- copy_scans --
COPY scan (waybill_no, carrier, life, source, event_id, revision, is_retracted, variant, occurred_at, recorded_at, kind, flags,
           code, division, place, description) FROM STDIN

-- add_snapshots --
INSERT INTO source_snapshot (waybill_no, carrier, life, source, digest, pushed_at, newest_at, event_ids, recorded_at)
SELECT v.waybill_no, v.carrier, v.life, v.source, v.digest, to_timestamp(nullif(v.pushed_us, 0) / 1000000::float8),
       to_timestamp(v.newest_us / 1000000::float8), string_to_array(v.event_ids, ' '), %(now)s
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[], %(life)s::smallint[], %(source)s::text[], %(digest)s::bytea[],
            %(pushed_us)s::bigint[], %(newest_us)s::bigint[], %(event_ids)s::text[])
     AS v (waybill_no, carrier, life, source, digest, pushed_us, newest_us, event_ids)
ON CONFLICT DO NOTHING
RETURNING waybill_no, carrier, source, digest

-- add_parcels --
INSERT INTO parcel (waybill_no, carrier, life, version, starts_at, shop_id, creator_id, order_nos, creator_order_nos, shipped_at,
                    paid_at, recorded_at, sender_division, receiver_division, receiver_tail, policy, status, milestones, episodes,
                    registers, holds, revised, claim_waiting, has_extra_creators, open_types, scan_count, first_scan_at,
                    last_scan_at, last_kind, picked_at, signed_at, evaluated_at, bucket, due_at)
SELECT v.waybill_no, v.carrier, v.life, 1, to_timestamp(v.starts_us / 1000000::float8), v.shop_id, v.creator_id, v.order_nos,
       v.creator_order_nos, to_timestamp(nullif(v.shipped_us, 0) / 1000000::float8),
       to_timestamp(nullif(v.paid_us, 0) / 1000000::float8), %(now)s, v.sender_division, v.receiver_division, v.receiver_tail,
       v.policy, v.status, v.milestones, v.episodes, v.registers, v.holds, v.revised, v.claim_waiting, v.has_extra_creators,
       v.open_types, v.scan_count, to_timestamp(nullif(v.first_us, 0) / 1000000::float8),
       to_timestamp(nullif(v.last_us, 0) / 1000000::float8), v.last_kind, to_timestamp(nullif(v.picked_us, 0) / 1000000::float8),
       to_timestamp(nullif(v.signed_us, 0) / 1000000::float8), %(now)s, v.bucket,
       to_timestamp(nullif(v.due_us, 0) / 1000000::float8)
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[], %(life)s::smallint[], %(starts_us)s::bigint[], %(shop_id)s::bigint[],
            %(creator_id)s::bigint[], %(order_nos)s::text[], %(creator_order_nos)s::text[], %(shipped_us)s::bigint[],
            %(paid_us)s::bigint[], %(sender_division)s::text[], %(receiver_division)s::text[], %(receiver_tail)s::bytea[],
            %(policy)s::text[], %(status)s::text[], %(milestones)s::bytea[], %(episodes)s::bytea[], %(registers)s::bytea[],
            %(holds)s::bytea[], %(revised)s::boolean[], %(claim_waiting)s::boolean[], %(has_extra_creators)s::boolean[],
            %(open_types)s::integer[], %(scan_count)s::integer[], %(first_us)s::bigint[], %(last_us)s::bigint[],
            %(last_kind)s::smallint[], %(picked_us)s::bigint[], %(signed_us)s::bigint[], %(bucket)s::smallint[],
            %(due_us)s::bigint[])
     AS v (waybill_no, carrier, life, starts_us, shop_id, creator_id, order_nos, creator_order_nos, shipped_us, paid_us,
           sender_division, receiver_division, receiver_tail, policy, status, milestones, episodes, registers, holds, revised,
           claim_waiting, has_extra_creators, open_types, scan_count, first_us, last_us, last_kind, picked_us, signed_us, bucket,
           due_us)
ON CONFLICT DO NOTHING
RETURNING waybill_no, carrier, life

-- update_verdicts --
UPDATE parcel p
SET version = p.version + 1, status = v.status, milestones = v.milestones, episodes = v.episodes, registers = v.registers,
    revised = v.revised, open_types = v.open_types, scan_count = v.scan_count,
    first_scan_at = to_timestamp(nullif(v.first_us, 0) / 1000000::float8),
    last_scan_at = to_timestamp(nullif(v.last_us, 0) / 1000000::float8), last_kind = v.last_kind,
    picked_at = to_timestamp(nullif(v.picked_us, 0) / 1000000::float8),
    signed_at = to_timestamp(nullif(v.signed_us, 0) / 1000000::float8), evaluated_at = %(now)s,
    due_at = to_timestamp(nullif(v.due_us, 0) / 1000000::float8), sweep_retry_at = NULL
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[], %(life)s::smallint[], %(version)s::integer[], %(status)s::text[],
            %(milestones)s::bytea[], %(episodes)s::bytea[], %(registers)s::bytea[], %(revised)s::boolean[],
            %(open_types)s::integer[], %(scan_count)s::integer[], %(first_us)s::bigint[], %(last_us)s::bigint[],
            %(last_kind)s::smallint[], %(picked_us)s::bigint[], %(signed_us)s::bigint[], %(due_us)s::bigint[])
     AS v (waybill_no, carrier, life, version, status, milestones, episodes, registers, revised, open_types, scan_count, first_us,
           last_us, last_kind, picked_us, signed_us, due_us)
WHERE p.waybill_no = v.waybill_no AND p.carrier = v.carrier AND p.life = v.life AND p.version = v.version
RETURNING p.waybill_no, p.carrier, p.life

-- update_plans --
UPDATE parcel p
SET starts_at = to_timestamp(v.starts_us / 1000000::float8), shop_id = v.shop_id, creator_id = v.creator_id,
    order_nos = v.order_nos, creator_order_nos = v.creator_order_nos,
    shipped_at = to_timestamp(nullif(v.shipped_us, 0) / 1000000::float8),
    paid_at = to_timestamp(nullif(v.paid_us, 0) / 1000000::float8), sender_division = v.sender_division,
    receiver_division = v.receiver_division, receiver_tail = v.receiver_tail, policy = v.policy, holds = v.holds,
    claim_waiting = v.claim_waiting, has_extra_creators = v.has_extra_creators,
    adopted_at = CASE WHEN v.is_adopted THEN %(now)s ELSE p.adopted_at END
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[], %(life)s::smallint[], %(starts_us)s::bigint[], %(shop_id)s::bigint[],
            %(creator_id)s::bigint[], %(order_nos)s::text[], %(creator_order_nos)s::text[], %(shipped_us)s::bigint[],
            %(paid_us)s::bigint[], %(sender_division)s::text[], %(receiver_division)s::text[], %(receiver_tail)s::bytea[],
            %(policy)s::text[], %(holds)s::bytea[], %(claim_waiting)s::boolean[], %(has_extra_creators)s::boolean[],
            %(is_adopted)s::boolean[])
     AS v (waybill_no, carrier, life, starts_us, shop_id, creator_id, order_nos, creator_order_nos, shipped_us, paid_us,
           sender_division, receiver_division, receiver_tail, policy, holds, claim_waiting, has_extra_creators, is_adopted)
WHERE p.waybill_no = v.waybill_no AND p.carrier = v.carrier AND p.life = v.life

-- own_anomalies --
UPDATE anomaly a
SET shop_id = v.shop_id, creator_id = v.creator_id, shipped_at = to_timestamp(nullif(v.shipped_us, 0) / 1000000::float8)
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[], %(life)s::smallint[], %(shop_id)s::bigint[], %(creator_id)s::bigint[],
            %(shipped_us)s::bigint[]) AS v (waybill_no, carrier, life, shop_id, creator_id, shipped_us)
WHERE a.waybill_no = v.waybill_no AND a.carrier = v.carrier AND a.life = v.life

-- replace_lines_out --
DELETE FROM parcel_line l
USING unnest(%(waybill_no)s::text[], %(carrier)s::text[], %(life)s::smallint[]) AS v (waybill_no, carrier, life)
WHERE l.waybill_no = v.waybill_no AND l.carrier = v.carrier AND l.life = v.life

-- add_lines --
INSERT INTO parcel_line (waybill_no, carrier, life, line_no, order_no, creator_id, is_self_sold, is_cross_border,
                         is_customer_return, room_id, product_id, product_name)
SELECT v.waybill_no, v.carrier, v.life, v.line_no, v.order_no, v.creator_id, v.is_self_sold, v.is_cross_border,
       v.is_customer_return, coalesce(v.room_id, ''), coalesce(v.product_id, ''), coalesce(v.product_name, '')
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[], %(life)s::smallint[], %(line_no)s::smallint[], %(order_no)s::text[],
            %(creator_id)s::bigint[], %(is_self_sold)s::boolean[], %(is_cross_border)s::boolean[],
            %(is_customer_return)s::boolean[], %(room_id)s::text[], %(product_id)s::text[], %(product_name)s::text[])
     AS v (waybill_no, carrier, life, line_no, order_no, creator_id, is_self_sold, is_cross_border, is_customer_return,
           room_id, product_id, product_name)
ON CONFLICT DO NOTHING

-- add_extra_creators --
INSERT INTO parcel_extra_creator (waybill_no, carrier, life, creator_id, shop_id, order_nos, shipped_at, status, open_types,
                                  last_scan_at, last_kind)
SELECT v.waybill_no, v.carrier, v.life, v.creator_id, v.shop_id, v.order_nos, to_timestamp(v.shipped_us / 1000000::float8),
       v.status, v.open_types, to_timestamp(nullif(v.last_us, 0) / 1000000::float8), v.last_kind
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[], %(life)s::smallint[], %(creator_id)s::bigint[], %(shop_id)s::bigint[],
            %(order_nos)s::text[], %(shipped_us)s::bigint[], %(status)s::text[], %(open_types)s::integer[], %(last_us)s::bigint[],
            %(last_kind)s::smallint[])
     AS v (waybill_no, carrier, life, creator_id, shop_id, order_nos, shipped_us, status, open_types, last_us, last_kind)
ON CONFLICT (waybill_no, carrier, life, creator_id) DO UPDATE
SET shop_id = excluded.shop_id, order_nos = excluded.order_nos, shipped_at = excluded.shipped_at, status = excluded.status,
    open_types = excluded.open_types, last_scan_at = excluded.last_scan_at, last_kind = excluded.last_kind

-- update_extra_creators --
UPDATE parcel_extra_creator e
SET status = v.status, open_types = v.open_types, last_scan_at = to_timestamp(nullif(v.last_us, 0) / 1000000::float8),
    last_kind = v.last_kind
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[], %(life)s::smallint[], %(status)s::text[], %(open_types)s::integer[],
            %(last_us)s::bigint[], %(last_kind)s::smallint[])
     AS v (waybill_no, carrier, life, status, open_types, last_us, last_kind)
WHERE e.waybill_no = v.waybill_no AND e.carrier = v.carrier AND e.life = v.life
RETURNING e.creator_id

-- put_anomalies --
INSERT INTO anomaly (waybill_no, carrier, life, type, should_open_at, should_close_at, state, severity, reason, party, closing,
                     noticed_open_at, noticed_close_at, policy, shop_id, creator_id, shipped_at)
SELECT v.waybill_no, v.carrier, v.life, v.type, to_timestamp(v.opens_us / 1000000::float8),
       to_timestamp(nullif(v.closes_us, 0) / 1000000::float8), v.state, v.severity, v.reason, v.party, v.closing, %(now)s,
       to_timestamp(nullif(v.noticed_close_us, 0) / 1000000::float8), v.policy, v.shop_id, v.creator_id,
       to_timestamp(nullif(v.shipped_us, 0) / 1000000::float8)
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[], %(life)s::smallint[], %(type)s::text[], %(opens_us)s::bigint[],
            %(closes_us)s::bigint[], %(state)s::text[], %(severity)s::text[], %(reason)s::text[], %(party)s::text[],
            %(closing)s::text[], %(noticed_close_us)s::bigint[], %(policy)s::text[], %(shop_id)s::bigint[],
            %(creator_id)s::bigint[], %(shipped_us)s::bigint[])
     AS v (waybill_no, carrier, life, type, opens_us, closes_us, state, severity, reason, party, closing, noticed_close_us, policy,
           shop_id, creator_id, shipped_us)
ON CONFLICT (waybill_no, carrier, life, type, should_open_at) DO UPDATE
SET should_close_at = excluded.should_close_at, state = excluded.state, severity = excluded.severity, reason = excluded.reason,
    party = excluded.party, closing = excluded.closing, noticed_close_at = excluded.noticed_close_at, policy = excluded.policy

-- add_anomaly_changes --
INSERT INTO anomaly_change (waybill_no, carrier, life, version, type, should_open_at, change, severity, reason, closing,
                            should_close_at, recorded_at)
SELECT v.waybill_no, v.carrier, v.life, v.version, v.type, to_timestamp(v.opens_us / 1000000::float8), v.change, v.severity,
       v.reason, v.closing, to_timestamp(nullif(v.closes_us, 0) / 1000000::float8), %(now)s
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[], %(life)s::smallint[], %(version)s::integer[], %(type)s::text[],
            %(opens_us)s::bigint[], %(change)s::text[], %(severity)s::text[], %(reason)s::text[], %(closing)s::text[],
            %(closes_us)s::bigint[])
     AS v (waybill_no, carrier, life, version, type, opens_us, change, severity, reason, closing, closes_us)

-- scans_of --
SELECT s.waybill_no, s.carrier, s.source, s.event_id, s.revision, s.is_retracted, s.variant, s.occurred_at, s.recorded_at, s.kind,
       s.flags, s.code, s.division, s.place, s.description
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[]) AS k (waybill_no, carrier)
JOIN scan s ON s.waybill_no = k.waybill_no AND s.carrier = k.carrier
WHERE s.occurred_at BETWEEN %(since)s AND %(until)s

-- snapshots_of --
SELECT s.waybill_no, s.carrier, s.life, s.source, s.digest, s.pushed_at, s.newest_at, s.event_ids, s.recorded_at
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[]) AS k (waybill_no, carrier)
JOIN source_snapshot s ON s.waybill_no = k.waybill_no AND s.carrier = k.carrier

-- lines_of --
SELECT l.waybill_no, l.carrier, l.life, l.line_no, l.order_no, l.creator_id, l.is_self_sold, l.is_cross_border,
       l.is_customer_return
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[]) AS k (waybill_no, carrier)
JOIN parcel_line l ON l.waybill_no = k.waybill_no AND l.carrier = k.carrier
ORDER BY l.waybill_no, l.carrier, l.life, l.line_no

-- claims_of --
SELECT c.waybill_no, c.carrier, c.shop_id, c.body
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[]) AS k (waybill_no, carrier)
JOIN parcel_claim c ON c.waybill_no = k.waybill_no AND c.carrier = k.carrier
ORDER BY c.waybill_no, c.carrier, c.recorded_at, c.shop_id

-- put_claims --
INSERT INTO parcel_claim (waybill_no, carrier, shop_id, body, reason, recorded_at)
SELECT v.waybill_no, v.carrier, v.shop_id, v.body, v.reason, %(now)s
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[], %(shop_id)s::bigint[], %(body)s::bytea[], %(reason)s::text[])
     AS v (waybill_no, carrier, shop_id, body, reason)
ON CONFLICT (waybill_no, carrier, shop_id) DO UPDATE SET body = excluded.body, reason = excluded.reason

-- drop_claims --
DELETE FROM parcel_claim c
USING unnest(%(waybill_no)s::text[], %(carrier)s::text[], %(shop_id)s::bigint[]) AS v (waybill_no, carrier, shop_id)
WHERE c.waybill_no = v.waybill_no AND c.carrier = v.carrier AND c.shop_id = v.shop_id

-- put_doubts --
INSERT INTO parcel_doubt (waybill_no, carrier, life, shop_id, doubt, bucket, recorded_at, due_at)
SELECT v.waybill_no, v.carrier, v.life, v.shop_id, v.doubt, v.bucket, %(now)s, %(now)s
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[], %(life)s::smallint[], %(shop_id)s::bigint[], %(doubt)s::text[],
            %(bucket)s::smallint[]) AS v (waybill_no, carrier, life, shop_id, doubt, bucket)
ON CONFLICT DO NOTHING

-- doubts_due --
SELECT d.waybill_no, d.carrier, d.life, d.shop_id, d.doubt
FROM parcel_doubt d WHERE d.bucket = %(bucket)s AND d.due_at <= %(now)s
ORDER BY d.due_at, d.waybill_no, d.carrier, d.life, d.shop_id, d.doubt
LIMIT %(limit)s
FOR UPDATE SKIP LOCKED

-- drop_doubts --
DELETE FROM parcel_doubt d
USING unnest(%(waybill_no)s::text[], %(carrier)s::text[], %(life)s::smallint[], %(shop_id)s::bigint[], %(doubt)s::text[])
      AS v (waybill_no, carrier, life, shop_id, doubt)
WHERE d.waybill_no = v.waybill_no AND d.carrier = v.carrier AND d.life = v.life AND d.shop_id = v.shop_id AND d.doubt = v.doubt

-- put_doubts_off --
UPDATE parcel_doubt d SET due_at = to_timestamp(v.due_us / 1000000::float8)
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[], %(life)s::smallint[], %(shop_id)s::bigint[], %(doubt)s::text[],
            %(due_us)s::bigint[]) AS v (waybill_no, carrier, life, shop_id, doubt, due_us)
WHERE d.waybill_no = v.waybill_no AND d.carrier = v.carrier AND d.life = v.life AND d.shop_id = v.shop_id AND d.doubt = v.doubt

-- lines_of_parcels --
SELECT l.waybill_no, l.carrier, l.life, l.line_no, l.order_no, l.creator_id, l.is_self_sold, l.is_cross_border, l.is_customer_return,
       l.room_id, l.product_id, l.product_name
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[], %(life)s::smallint[]) AS k (waybill_no, carrier, life)
JOIN parcel_line l ON l.waybill_no = k.waybill_no AND l.carrier = k.carrier AND l.life = k.life
ORDER BY l.waybill_no, l.carrier, l.life, l.line_no

-- set_claim_waiting --
UPDATE parcel p
SET claim_waiting = v.claim_waiting, version = p.version + 1
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[], %(life)s::smallint[], %(version)s::integer[],
            %(claim_waiting)s::boolean[]) AS v (waybill_no, carrier, life, version, claim_waiting)
WHERE p.waybill_no = v.waybill_no AND p.carrier = v.carrier AND p.life = v.life AND p.version = v.version
RETURNING p.waybill_no, p.carrier, p.life

-- postpone --
UPDATE parcel p
SET sweep_retry_at = %(retry_at)s
WHERE p.waybill_no = %(waybill_no)s AND p.carrier = %(carrier)s AND p.life = %(life)s

-- put_sweep_fault --
INSERT INTO parcel_sweep_fault (waybill_no, carrier, life, fault, recorded_at)
VALUES (%(waybill_no)s, %(carrier)s, %(life)s, %(fault)s, %(now)s)
ON CONFLICT (waybill_no, carrier, life) DO UPDATE SET fault = excluded.fault, recorded_at = excluded.recorded_at

-- page_of_keys --
SELECT p.waybill_no, p.carrier
FROM parcel p
WHERE (p.waybill_no, p.carrier, p.life) > (%(waybill_no)s, %(carrier)s, %(life)s)
ORDER BY p.waybill_no, p.carrier, p.life
LIMIT %(limit)s

-- outages --
SELECT o.carrier, o.since, o.until, o.noticed_at, o.released_at
FROM carrier_outage o
ORDER BY o.carrier, o.since

-- stored_verdicts --
SELECT p.waybill_no, p.carrier, p.life, p.evaluated_at, p.open_types, p.due_at, p.last_scan_at, p.picked_at, p.signed_at
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[]) AS k (waybill_no, carrier)
JOIN parcel p ON p.waybill_no = k.waybill_no AND p.carrier = k.carrier

-- anomalies_of --
SELECT a.waybill_no, a.carrier, a.life, a.type, a.should_open_at, a.should_close_at, a.state, a.severity, a.reason, a.closing,
       a.shop_id, a.creator_id, a.shipped_at
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[]) AS k (waybill_no, carrier)
JOIN anomaly a ON a.waybill_no = k.waybill_no AND a.carrier = k.carrier

-- further_creators_of --
SELECT e.waybill_no, e.carrier, e.life, e.creator_id, e.status, e.open_types
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[]) AS k (waybill_no, carrier)
JOIN parcel_extra_creator e ON e.waybill_no = k.waybill_no AND e.carrier = k.carrier

-- update_judged --
UPDATE parcel p
SET version = p.version + 1, status = v.status, episodes = v.episodes, open_types = v.open_types, evaluated_at = %(now)s,
    signed_at = to_timestamp(nullif(v.signed_us, 0) / 1000000::float8),
    due_at = to_timestamp(nullif(v.due_us, 0) / 1000000::float8), sweep_retry_at = NULL
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[], %(life)s::smallint[], %(version)s::integer[], %(status)s::text[],
            %(episodes)s::bytea[], %(open_types)s::integer[], %(signed_us)s::bigint[], %(due_us)s::bigint[])
     AS v (waybill_no, carrier, life, version, status, episodes, open_types, signed_us, due_us)
WHERE p.waybill_no = v.waybill_no AND p.carrier = v.carrier AND p.life = v.life AND p.version = v.version
RETURNING p.waybill_no, p.carrier, p.life

-- oldest_due --
SELECT min(p.due_at) FROM parcel p WHERE p.bucket = %(bucket)s AND p.due_at IS NOT NULL

-- forget_sweep_faults --
DELETE FROM parcel_sweep_fault f
USING unnest(%(waybill_no)s::text[], %(carrier)s::text[], %(life)s::smallint[]) AS v (waybill_no, carrier, life)
WHERE f.waybill_no = v.waybill_no AND f.carrier = v.carrier AND f.life = v.life

-- lease --
INSERT INTO sweep_lease (concern, bucket, holder, leased_until)
VALUES (%(concern)s, %(bucket)s, %(holder)s, %(until)s)
ON CONFLICT (concern, bucket) DO UPDATE SET holder = excluded.holder, leased_until = excluded.leased_until
WHERE sweep_lease.holder = excluded.holder OR sweep_lease.leased_until < %(now)s
RETURNING bucket

-- release --
DELETE FROM sweep_lease WHERE concern = %(concern)s AND holder = %(holder)s

-- unfinished_outages --
SELECT o.id, o.carrier, o.since, o.until
FROM carrier_outage o
WHERE o.released_at IS NULL

-- last_news --
SELECT k.carrier,
       (SELECT max(m.minute) FROM intake_minute m
        WHERE m.carrier = k.carrier AND m.minute > %(since)s AND m.minute <= %(now)s AND m.accepted > 0
              AND m.source <> 'SHOP' AND (m.source <> 'PLATFORM' OR m.lag_seconds_max > 0)) AS minute
FROM unnest(%(carrier)s::text[]) AS k (carrier)

-- news_of --
SELECT m.minute, sum(m.accepted)::bigint, sum(m.lag_seconds_sum)::bigint
FROM intake_minute m
WHERE m.carrier = %(carrier)s AND m.minute > %(since)s AND m.minute <= %(now)s AND m.accepted > 0
      AND m.source <> 'SHOP' AND (m.source <> 'PLATFORM' OR m.lag_seconds_max > 0)
GROUP BY m.minute
ORDER BY m.minute

-- is_awaited --
SELECT EXISTS (
    SELECT 1 FROM parcel p WHERE p.carrier = %(carrier)s AND p.shipped_at > %(since)s AND p.due_at IS NOT NULL
)

-- begin_outage --
INSERT INTO carrier_outage (id, carrier, since, noticed_at, policy)
VALUES (%(id)s, %(carrier)s, %(since)s, %(noticed_at)s, %(policy)s)
ON CONFLICT DO NOTHING
RETURNING id

-- change_outage --
UPDATE carrier_outage
SET until = %(until)s, released_at = %(released_at)s
WHERE id = %(id)s AND released_at IS NULL
RETURNING id

-- lock_outages --
SELECT pg_try_advisory_xact_lock(hashtext('carrier_outage'))
