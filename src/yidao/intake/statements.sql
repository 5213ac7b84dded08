-- What the intake writes beside the monitoring tables.

-- organisations --
SELECT o.id, o.kind FROM organisation o WHERE o.id = ANY(%(ids)s::bigint[]) AND o.is_active

-- add_quarantine --
INSERT INTO quarantine (id, received_at, source, credential_id, organisation_id, carrier, waybill_no, reason, detail,
                        body_encrypted, state, outcome)
VALUES (%(id)s, %(now)s, %(source)s, %(credential_id)s, %(organisation_id)s, %(carrier)s, %(waybill_no)s, %(reason)s, %(detail)s,
        %(body)s, 'OPEN', '{}')

-- add_figures --
INSERT INTO intake_minute (minute, source, carrier, accepted, duplicate, rejected, quarantined, lag_seconds_sum, lag_seconds_max)
SELECT v.minute, v.source, v.carrier, v.accepted, v.duplicate, v.rejected, v.quarantined, v.lag_sum, v.lag_max
FROM unnest(%(minute)s::timestamptz[], %(source)s::text[], %(carrier)s::text[], %(accepted)s::integer[], %(duplicate)s::integer[],
            %(rejected)s::integer[], %(quarantined)s::integer[], %(lag_sum)s::bigint[], %(lag_max)s::bigint[])
     AS v (minute, source, carrier, accepted, duplicate, rejected, quarantined, lag_sum, lag_max)
ON CONFLICT (minute, source, carrier) DO UPDATE
SET accepted = intake_minute.accepted + excluded.accepted, duplicate = intake_minute.duplicate + excluded.duplicate,
    rejected = intake_minute.rejected + excluded.rejected, quarantined = intake_minute.quarantined + excluded.quarantined,
    lag_seconds_sum = intake_minute.lag_seconds_sum + excluded.lag_seconds_sum,
    lag_seconds_max = greatest(intake_minute.lag_seconds_max, excluded.lag_seconds_max)

-- tell --
SELECT pg_notify('yidao_parcels', %(payload)s)

-- replays_asked --
SELECT q.id, q.source, coalesce(q.credential_id, 0), coalesce(q.organisation_id, 0), coalesce(o.kind, ''), q.detail, q.body_encrypted
FROM quarantine q LEFT JOIN organisation o ON o.id = q.organisation_id
WHERE q.state = 'REPLAY_ASKED'
ORDER BY q.id
LIMIT %(limit)s
FOR UPDATE OF q SKIP LOCKED

-- settle_replay --
UPDATE quarantine SET state = %(state)s, outcome = %(outcome)s WHERE id = %(id)s
