-- The monitoring tables. They are the big ones, so every key and every join carries waybill_no, the column they may one day be
-- distributed by; no foreign key leaves the group, and what lists filter or sort on is copied in.

CREATE TABLE parcel (
    waybill_no text COLLATE "C" NOT NULL,
    carrier text COLLATE "C" NOT NULL,
    life smallint NOT NULL,
    version integer NOT NULL,
    starts_at timestamptz NOT NULL,
    shop_id bigint,
    creator_id bigint,
    order_nos text COLLATE "C" NOT NULL,
    creator_order_nos text COLLATE "C" NOT NULL,
    shipped_at timestamptz,
    paid_at timestamptz,
    recorded_at timestamptz NOT NULL,
    sender_division text COLLATE "C" NOT NULL,
    receiver_division text COLLATE "C" NOT NULL,
    receiver_tail bytea,
    policy text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    milestones bytea NOT NULL,
    episodes bytea NOT NULL,
    registers bytea NOT NULL,
    holds bytea NOT NULL,
    revised boolean NOT NULL,
    claim_waiting boolean NOT NULL,
    has_extra_creators boolean NOT NULL,
    open_types integer NOT NULL,
    scan_count integer NOT NULL,
    first_scan_at timestamptz,
    last_scan_at timestamptz,
    last_kind smallint NOT NULL,
    picked_at timestamptz,
    signed_at timestamptz,
    evaluated_at timestamptz NOT NULL,
    bucket smallint NOT NULL,
    due_at timestamptz,
    sweep_retry_at timestamptz,
    CONSTRAINT parcel_key PRIMARY KEY (waybill_no, carrier, life),
    CONSTRAINT parcel_life_counts_from_one CHECK (life >= 1),
    CONSTRAINT parcel_bucket_is_one_of_sixteen CHECK (bucket BETWEEN 0 AND 15)
) WITH (fillfactor = 80);

CREATE INDEX parcel_of_creator ON parcel (creator_id, shipped_at, waybill_no, carrier, life) WHERE creator_id IS NOT NULL;
CREATE INDEX parcel_of_shop ON parcel (shop_id, shipped_at, waybill_no, carrier, life) WHERE shop_id IS NOT NULL;
CREATE INDEX parcel_of_carrier ON parcel (carrier, shipped_at, waybill_no, life) WHERE shipped_at IS NOT NULL;
CREATE INDEX parcel_due ON parcel (bucket, due_at) WHERE due_at IS NOT NULL;

CREATE TABLE parcel_line (
    waybill_no text COLLATE "C" NOT NULL,
    carrier text COLLATE "C" NOT NULL,
    life smallint NOT NULL,
    line_no smallint NOT NULL,
    order_no text COLLATE "C" NOT NULL,
    creator_id bigint,
    is_self_sold boolean NOT NULL,
    is_cross_border boolean NOT NULL,
    is_customer_return boolean NOT NULL,
    CONSTRAINT parcel_line_key PRIMARY KEY (waybill_no, carrier, life, line_no)
);

CREATE INDEX parcel_line_by_order ON parcel_line (order_no, waybill_no);

CREATE TABLE parcel_extra_creator (
    waybill_no text COLLATE "C" NOT NULL,
    carrier text COLLATE "C" NOT NULL,
    life smallint NOT NULL,
    creator_id bigint NOT NULL,
    shop_id bigint NOT NULL,
    order_nos text COLLATE "C" NOT NULL,
    shipped_at timestamptz NOT NULL,
    status text COLLATE "C" NOT NULL,
    open_types integer NOT NULL,
    last_scan_at timestamptz,
    last_kind smallint NOT NULL,
    CONSTRAINT parcel_extra_creator_key PRIMARY KEY (waybill_no, carrier, life, creator_id)
) WITH (fillfactor = 80);

CREATE INDEX parcel_extra_creator_list ON parcel_extra_creator (creator_id, shipped_at, waybill_no, carrier, life);

CREATE TABLE scan (
    waybill_no text COLLATE "C" NOT NULL,
    carrier text COLLATE "C" NOT NULL,
    life smallint NOT NULL,
    source text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    revision integer NOT NULL,
    is_retracted boolean NOT NULL,
    variant bigint NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    kind smallint NOT NULL,
    flags smallint NOT NULL,
    code text COLLATE "C" NOT NULL,
    division text COLLATE "C" NOT NULL,
    place text COLLATE "C" NOT NULL,
    description text COLLATE "C" NOT NULL,
    CONSTRAINT scan_key PRIMARY KEY (waybill_no, carrier, life, source, event_id, revision, is_retracted, variant, occurred_at)
) PARTITION BY RANGE (occurred_at);

CREATE TABLE source_snapshot (
    waybill_no text COLLATE "C" NOT NULL,
    carrier text COLLATE "C" NOT NULL,
    life smallint NOT NULL,
    source text COLLATE "C" NOT NULL,
    digest bytea NOT NULL,
    pushed_at timestamptz,
    newest_at timestamptz NOT NULL,
    event_ids text[] COLLATE "C" NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT source_snapshot_key PRIMARY KEY (waybill_no, carrier, life, source, digest)
);

CREATE TABLE anomaly (
    waybill_no text COLLATE "C" NOT NULL,
    carrier text COLLATE "C" NOT NULL,
    life smallint NOT NULL,
    type text COLLATE "C" NOT NULL,
    should_open_at timestamptz NOT NULL,
    should_close_at timestamptz,
    state text COLLATE "C" NOT NULL,
    severity text COLLATE "C" NOT NULL,
    reason text COLLATE "C" NOT NULL,
    party text COLLATE "C" NOT NULL,
    closing text COLLATE "C" NOT NULL,
    noticed_open_at timestamptz NOT NULL,
    noticed_close_at timestamptz,
    policy text COLLATE "C" NOT NULL,
    shop_id bigint,
    creator_id bigint,
    shipped_at timestamptz,
    CONSTRAINT anomaly_key PRIMARY KEY (waybill_no, carrier, life, type, should_open_at),
    CONSTRAINT anomaly_state_is_known CHECK (state IN ('OPEN', 'CLOSED'))
) WITH (fillfactor = 90);

CREATE TABLE anomaly_change (
    waybill_no text COLLATE "C" NOT NULL,
    carrier text COLLATE "C" NOT NULL,
    life smallint NOT NULL,
    version integer NOT NULL,
    type text COLLATE "C" NOT NULL,
    should_open_at timestamptz NOT NULL,
    change text COLLATE "C" NOT NULL,
    severity text COLLATE "C" NOT NULL,
    reason text COLLATE "C" NOT NULL,
    closing text COLLATE "C" NOT NULL,
    should_close_at timestamptz,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT anomaly_change_key PRIMARY KEY (waybill_no, carrier, life, version, type, should_open_at, change)
);

CREATE TABLE parcel_alias (
    waybill_no text COLLATE "C" NOT NULL,
    carrier text COLLATE "C" NOT NULL,
    stands_for text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT parcel_alias_key PRIMARY KEY (waybill_no, carrier)
);

CREATE TABLE parcel_claim (
    waybill_no text COLLATE "C" NOT NULL,
    carrier text COLLATE "C" NOT NULL,
    shop_id bigint NOT NULL,
    body bytea NOT NULL,
    reason text COLLATE "C" NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT parcel_claim_key PRIMARY KEY (waybill_no, carrier, shop_id)
);

CREATE TABLE parcel_sweep_fault (
    waybill_no text COLLATE "C" NOT NULL,
    carrier text COLLATE "C" NOT NULL,
    life smallint NOT NULL,
    fault text COLLATE "C" NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT parcel_sweep_fault_key PRIMARY KEY (waybill_no, carrier, life)
);

-- The runtime role owns nothing, so it cannot make a partition itself; this function is the one thing it may have made for it.
CREATE FUNCTION ensure_scan_month(wanted date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    first_day date := date_trunc('month', wanted::timestamp)::date;
    next_month date := (date_trunc('month', wanted::timestamp) + interval '1 month')::date;
    partition_name text := 'scan_' || to_char(first_day, 'YYYY_MM');
BEGIN
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
