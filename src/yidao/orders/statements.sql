-- Orders come in batches, sorted by number and shop; times are whole microseconds both ways.

-- lock_known --
SELECT h.id, h.order_no, h.shop_id, h.changed_at, h.late_policy, h.told_state, h.paid_at, h.ordered_at, h.goods_fen, h.freight_fen,
       h.paid_fen
FROM unnest(%(order_no)s::text[], %(shop_id)s::bigint[]) AS k (order_no, shop_id)
JOIN order_head h ON h.order_no = k.order_no AND h.shop_id = k.shop_id
ORDER BY h.id FOR UPDATE OF h

-- add_heads --
INSERT INTO order_head (id, shop_id, order_no, bucket, told_state, first_state, paid_at, changed_at, recorded_at, ordered_at,
                        goods_fen, freight_fen, paid_fen, receiver_name, receiver_phone, receiver_address, buyer_remark,
                        sender_division, receiver_division, receiver_key, phone_index, phone_tail, creator_id, late_policy,
                        state, ship_by_at, shipped_at, carrier, promise_kind, labels, open_refunds, judge_pauses, warned_count,
                        closed_at, closed_cause, judge_due_at, warn_due_at, receipt_due_at, close_due_at)
SELECT v.id, v.shop_id, v.order_no, v.bucket, v.told_state, v.told_state, to_timestamp(v.paid_us / 1000000::float8),
       to_timestamp(v.changed_us / 1000000::float8), %(now)s, to_timestamp(v.ordered_us / 1000000::float8),
       v.goods_fen, v.freight_fen, v.paid_fen, v.receiver_name, v.receiver_phone, v.receiver_address, v.buyer_remark,
       v.sender_division, v.receiver_division, v.receiver_key, v.phone_index, v.phone_tail, v.creator_id, v.late_policy,
       v.state, to_timestamp(v.ship_by_us / 1000000::float8), to_timestamp(v.shipped_us / 1000000::float8), v.carrier,
       v.promise_kind, v.labels, v.open_refunds, string_to_array(v.judge_pauses, ' ')::bigint[], v.warned_count,
       to_timestamp(v.closed_us / 1000000::float8), v.closed_cause, to_timestamp(v.judge_due_us / 1000000::float8),
       to_timestamp(v.warn_due_us / 1000000::float8), to_timestamp(v.receipt_due_us / 1000000::float8),
       to_timestamp(v.close_due_us / 1000000::float8)
FROM unnest(%(id)s::bigint[], %(shop_id)s::bigint[], %(order_no)s::text[], %(bucket)s::smallint[], %(told_state)s::text[],
            %(paid_us)s::bigint[], %(changed_us)s::bigint[], %(ordered_us)s::bigint[], %(goods_fen)s::bigint[],
            %(freight_fen)s::bigint[], %(paid_fen)s::bigint[], %(receiver_name)s::bytea[], %(receiver_phone)s::bytea[],
            %(receiver_address)s::bytea[], %(buyer_remark)s::bytea[], %(sender_division)s::integer[],
            %(receiver_division)s::integer[], %(receiver_key)s::bytea[], %(phone_index)s::bytea[], %(phone_tail)s::bytea[],
            %(creator_id)s::bigint[], %(late_policy)s::text[], %(state)s::text[], %(ship_by_us)s::bigint[],
            %(shipped_us)s::bigint[], %(carrier)s::text[], %(promise_kind)s::text[], %(labels)s::integer[],
            %(open_refunds)s::smallint[], %(judge_pauses)s::text[], %(warned_count)s::smallint[], %(closed_us)s::bigint[],
            %(closed_cause)s::text[], %(judge_due_us)s::bigint[], %(warn_due_us)s::bigint[], %(receipt_due_us)s::bigint[],
            %(close_due_us)s::bigint[])
     AS v (id, shop_id, order_no, bucket, told_state, paid_us, changed_us, ordered_us, goods_fen, freight_fen, paid_fen,
           receiver_name, receiver_phone, receiver_address, buyer_remark, sender_division, receiver_division, receiver_key,
           phone_index, phone_tail, creator_id, late_policy, state, ship_by_us, shipped_us, carrier, promise_kind, labels,
           open_refunds, judge_pauses, warned_count, closed_us, closed_cause, judge_due_us, warn_due_us, receipt_due_us,
           close_due_us)
ON CONFLICT (order_no, shop_id) DO NOTHING
RETURNING id, order_no, shop_id, state

-- tell_heads --
UPDATE order_head h
SET bucket = v.bucket, told_state = v.told_state, first_state = coalesce(nullif(h.first_state, ''), h.told_state),
    paid_at = to_timestamp(v.paid_us / 1000000::float8), changed_at = to_timestamp(v.changed_us / 1000000::float8),
    recorded_at = %(now)s, ordered_at = to_timestamp(v.ordered_us / 1000000::float8),
    goods_fen = CASE WHEN v.keeps_lines THEN h.goods_fen ELSE v.goods_fen END,
    freight_fen = CASE WHEN v.keeps_lines THEN h.freight_fen ELSE v.freight_fen END,
    paid_fen = CASE WHEN v.keeps_lines THEN h.paid_fen ELSE v.paid_fen END,
    creator_id = CASE WHEN v.keeps_lines THEN h.creator_id ELSE v.creator_id END,
    receiver_name = v.receiver_name, receiver_phone = v.receiver_phone,
    receiver_address = v.receiver_address, buyer_remark = v.buyer_remark,
    sender_division = v.sender_division, receiver_division = v.receiver_division,
    receiver_key = v.receiver_key, phone_index = v.phone_index, phone_tail = v.phone_tail,
    late_policy = v.late_policy, version = h.version + 1
FROM unnest(%(id)s::bigint[], %(bucket)s::smallint[], %(told_state)s::text[],
            %(paid_us)s::bigint[], %(changed_us)s::bigint[], %(ordered_us)s::bigint[], %(goods_fen)s::bigint[],
            %(freight_fen)s::bigint[], %(paid_fen)s::bigint[], %(receiver_name)s::bytea[], %(receiver_phone)s::bytea[],
            %(receiver_address)s::bytea[], %(buyer_remark)s::bytea[], %(sender_division)s::integer[],
            %(receiver_division)s::integer[], %(receiver_key)s::bytea[], %(phone_index)s::bytea[], %(phone_tail)s::bytea[], %(creator_id)s::bigint[], %(late_policy)s::text[],
            %(keeps_lines)s::boolean[])
     AS v (id, bucket, told_state, paid_us, changed_us, ordered_us, goods_fen, freight_fen, paid_fen, receiver_name,
           receiver_phone, receiver_address, buyer_remark, sender_division, receiver_division, receiver_key, phone_index, phone_tail, creator_id,
           late_policy, keeps_lines)
WHERE h.id = v.id

-- lines_of --
SELECT order_id, order_no, sku_id, promise_kind, promise_days, promise_at, promise_policy, ship_by_original_at, ship_by_at
FROM order_line WHERE order_id = ANY(%(order_id)s::bigint[]) ORDER BY order_id, line_no

-- begun_of --
SELECT DISTINCT order_id FROM order_pack_line WHERE order_id = ANY(%(order_id)s::bigint[])
UNION
SELECT order_id FROM after_sale WHERE order_id = ANY(%(order_id)s::bigint[])

-- drop_lines --
DELETE FROM order_line WHERE order_id = ANY(%(order_id)s::bigint[])

-- add_lines --
INSERT INTO order_line (order_id, line_no, order_no, creator_id, is_self_sold, is_cross_border, room_id, product_id, product_name,
                        sku_id, sku_name, merchant_code, quantity, price_fen, paid_fen, promise_kind, promise_days, promise_at,
                        promise_policy, ship_by_original_at, ship_by_at)
SELECT v.order_id, v.line_no, v.order_no, v.creator_id, v.is_self_sold, v.is_cross_border, v.room_id, v.product_id, v.product_name,
       v.sku_id, v.sku_name, v.merchant_code, v.quantity, v.price_fen, v.paid_fen, v.promise_kind, v.promise_days,
       to_timestamp(v.promise_us / 1000000::float8), v.promise_policy, to_timestamp(v.original_us / 1000000::float8),
       to_timestamp(v.ship_by_us / 1000000::float8)
FROM unnest(%(order_id)s::bigint[], %(line_no)s::smallint[], %(order_no)s::text[], %(creator_id)s::bigint[],
            %(is_self_sold)s::boolean[], %(is_cross_border)s::boolean[], %(room_id)s::text[], %(product_id)s::text[],
            %(product_name)s::text[], %(sku_id)s::text[], %(sku_name)s::text[], %(merchant_code)s::text[], %(quantity)s::integer[],
            %(price_fen)s::bigint[], %(paid_fen)s::bigint[], %(promise_kind)s::text[], %(promise_days)s::smallint[],
            %(promise_us)s::bigint[], %(promise_policy)s::text[], %(original_us)s::bigint[], %(ship_by_us)s::bigint[])
     AS v (order_id, line_no, order_no, creator_id, is_self_sold, is_cross_border, room_id, product_id, product_name, sku_id,
           sku_name, merchant_code, quantity, price_fen, paid_fen, promise_kind, promise_days, promise_us, promise_policy,
           original_us, ship_by_us)

-- add_appointments --
INSERT INTO order_deadline_change (id, order_id, line_no, cause, old_at, new_at, at)
SELECT v.id, v.order_id, v.line_no, 'APPOINTMENT', to_timestamp(v.old_us / 1000000::float8),
       to_timestamp(v.new_us / 1000000::float8), %(now)s
FROM unnest(%(id)s::bigint[], %(order_id)s::bigint[], %(line_no)s::smallint[], %(old_us)s::bigint[], %(new_us)s::bigint[])
     AS v (id, order_id, line_no, old_us, new_us)
