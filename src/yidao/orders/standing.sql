-- What refreshing orders reads and writes; times are whole microseconds both ways.

-- lock_heads --
SELECT id, shop_id, order_no, bucket, told_state, first_state, changed_at, ordered_at, paid_at, received_at, is_receipt_extended,
       closed_at, closed_cause, labels, late_policy, judge_round, judged_count, last_judged_at, warned_count, paid_fen,
       state, ship_by_at, shipped_at, carrier, promise_kind, open_refunds, judge_pauses, judge_due_at, warn_due_at,
       receipt_due_at, close_due_at
FROM order_head WHERE id = ANY(%(id)s::bigint[]) ORDER BY id FOR UPDATE

-- lines_of --
SELECT order_id, line_no, quantity, promise_kind, ship_by_original_at, ship_by_at, shipped_quantity, refunded_quantity, product_id
FROM order_line WHERE order_id = ANY(%(id)s::bigint[]) ORDER BY order_id, line_no

-- packs_of --
SELECT l.order_id, l.line_no, l.quantity, p.id, p.shipped_at, p.carrier, p.state, p.is_resend,
       EXISTS (SELECT 1 FROM order_pack_line o WHERE o.pack_id = p.id AND o.order_id <> l.order_id)
FROM order_pack_line l JOIN order_pack p ON p.id = l.pack_id
WHERE l.order_id = ANY(%(id)s::bigint[]) ORDER BY l.order_id, p.id, l.line_no

-- after_sales_of --
SELECT a.order_id, a.id, a.kind, a.state, a.opened_at, a.ended_at, l.line_no, l.quantity
FROM after_sale a LEFT JOIN after_sale_line l ON l.after_sale_id = a.id
WHERE a.order_id = ANY(%(id)s::bigint[]) ORDER BY a.order_id, a.opened_at, a.id, l.line_no

-- put_heads --
UPDATE order_head h
SET state = v.state, ship_by_at = to_timestamp(v.ship_by_us / 1000000::float8),
    shipped_at = to_timestamp(v.shipped_us / 1000000::float8), carrier = v.carrier, promise_kind = v.promise_kind,
    labels = v.labels, open_refunds = v.open_refunds, judge_pauses = string_to_array(v.judge_pauses, ' ')::bigint[],
    warned_count = v.warned_count, closed_at = to_timestamp(v.closed_us / 1000000::float8), closed_cause = v.closed_cause,
    judge_due_at = to_timestamp(v.judge_due_us / 1000000::float8), warn_due_at = to_timestamp(v.warn_due_us / 1000000::float8),
    receipt_due_at = to_timestamp(v.receipt_due_us / 1000000::float8),
    close_due_at = to_timestamp(v.close_due_us / 1000000::float8), version = h.version + 1
FROM unnest(%(id)s::bigint[], %(state)s::text[], %(ship_by_us)s::bigint[], %(shipped_us)s::bigint[], %(carrier)s::text[],
            %(promise_kind)s::text[], %(labels)s::integer[], %(open_refunds)s::smallint[], %(judge_pauses)s::text[],
            %(warned_count)s::smallint[], %(closed_us)s::bigint[], %(closed_cause)s::text[], %(judge_due_us)s::bigint[],
            %(warn_due_us)s::bigint[], %(receipt_due_us)s::bigint[], %(close_due_us)s::bigint[])
     AS v (id, state, ship_by_us, shipped_us, carrier, promise_kind, labels, open_refunds, judge_pauses, warned_count, closed_us,
           closed_cause, judge_due_us, warn_due_us, receipt_due_us, close_due_us)
WHERE h.id = v.id

-- put_lines --
UPDATE order_line l SET shipped_quantity = v.shipped, refunded_quantity = v.refunded
FROM unnest(%(order_id)s::bigint[], %(line_no)s::smallint[], %(shipped)s::integer[], %(refunded)s::integer[])
     AS v (order_id, line_no, shipped, refunded)
WHERE l.order_id = v.order_id AND l.line_no = v.line_no
