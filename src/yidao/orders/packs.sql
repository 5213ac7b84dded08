-- What packs read and write; times are whole microseconds both ways.

-- find_heads --
SELECT id, shop_id, order_no FROM order_head
WHERE order_no = ANY(%(order_no)s::text[]) AND shop_id = ANY(%(shop_id)s::bigint[])

-- find_lines --
SELECT order_id, line_no, order_no FROM order_line WHERE order_no = ANY(%(order_no)s::text[])

-- shops_of --
SELECT id, shop_id FROM order_head WHERE id = ANY(%(id)s::bigint[])

-- heads --
SELECT id, shop_id, order_no, state, paid_at, receiver_key, receiver_phone, receiver_division, sender_division, version
FROM order_head WHERE id = ANY(%(id)s::bigint[]) ORDER BY id

-- heads_locked --
SELECT id, shop_id, order_no, state, paid_at, receiver_key, receiver_phone, receiver_division, sender_division, version
FROM order_head WHERE id = ANY(%(id)s::bigint[]) ORDER BY id FOR UPDATE

-- lines --
SELECT order_id, line_no, order_no, creator_id, is_self_sold, is_cross_border, room_id, product_id, product_name, sku_name, quantity,
       shipped_quantity, refunded_quantity
FROM order_line WHERE order_id = ANY(%(id)s::bigint[]) ORDER BY order_id, line_no

-- pack_counts --
SELECT l.order_id, count(DISTINCT p.id)
FROM order_pack_line l JOIN order_pack p ON p.id = l.pack_id
WHERE l.order_id = ANY(%(id)s::bigint[]) AND p.state = 'LIVE' GROUP BY l.order_id

-- open_after_sales --
SELECT order_id, CASE WHEN due_at <= %(now)s THEN 'DUE' ELSE state END FROM after_sale
WHERE order_id = ANY(%(id)s::bigint[]) AND state NOT IN ('DONE', 'REFUSED', 'WITHDRAWN')

-- holders --
SELECT DISTINCT p.waybill_no, p.carrier, p.shop_id, l.order_id
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[]) AS k (waybill_no, carrier)
JOIN order_pack p ON p.waybill_no = k.waybill_no AND p.carrier = k.carrier AND p.state = 'LIVE' AND p.shop_id = %(shop_id)s
JOIN order_pack_line l ON l.pack_id = p.id

-- requests --
SELECT r.request_id, r.digest, r.pack_id
FROM unnest(%(request_id)s::text[]) AS k (request_id)
JOIN ship_request r ON r.shop_id = %(shop_id)s AND r.request_id = k.request_id

-- add_packs --
INSERT INTO order_pack (id, shop_id, carrier, waybill_no, life, shipped_at, recorded_at, state, is_resend, edited_from, user_id,
                        credential_id)
SELECT v.id, v.shop_id, v.carrier, v.waybill_no, v.life, to_timestamp(v.shipped_us / 1000000::float8), %(now)s, 'LIVE', v.is_resend,
       v.edited_from, %(user_id)s, %(credential_id)s
FROM unnest(%(id)s::bigint[], %(shop_id)s::bigint[], %(carrier)s::text[], %(waybill_no)s::text[], %(life)s::smallint[],
            %(shipped_us)s::bigint[], %(is_resend)s::boolean[], %(edited_from)s::bigint[])
     AS v (id, shop_id, carrier, waybill_no, life, shipped_us, is_resend, edited_from)

-- add_pack_lines --
INSERT INTO order_pack_line (pack_id, order_id, line_no, quantity)
SELECT v.pack_id, v.order_id, v.line_no, v.quantity
FROM unnest(%(pack_id)s::bigint[], %(order_id)s::bigint[], %(line_no)s::smallint[], %(quantity)s::integer[])
     AS v (pack_id, order_id, line_no, quantity)

-- add_serials --
INSERT INTO order_pack_serial (pack_id, order_id, line_no, serial)
SELECT v.pack_id, v.order_id, v.line_no, v.serial
FROM unnest(%(pack_id)s::bigint[], %(order_id)s::bigint[], %(line_no)s::smallint[], %(serial)s::text[])
     AS v (pack_id, order_id, line_no, serial)
ON CONFLICT DO NOTHING

-- add_requests --
INSERT INTO ship_request (shop_id, request_id, digest, pack_id, recorded_at)
SELECT %(shop_id)s, v.request_id, v.digest, v.pack_id, %(now)s
FROM unnest(%(request_id)s::text[], %(digest)s::bytea[], %(pack_id)s::bigint[]) AS v (request_id, digest, pack_id)

-- end_packs --
UPDATE order_pack SET state = %(state)s, ended_at = %(now)s, ended_cause = %(cause)s
WHERE id = ANY(%(id)s::bigint[]) AND state = ANY(%(from)s::text[]) RETURNING id

-- name_lives --
UPDATE order_pack p SET life = v.life
FROM unnest(%(id)s::bigint[], %(life)s::smallint[]) AS v (id, life) WHERE p.id = v.id

-- orders_of --
SELECT DISTINCT order_id FROM order_pack_line WHERE pack_id = ANY(%(id)s::bigint[]) ORDER BY order_id

-- packs --
SELECT id, shop_id, carrier, waybill_no, life, shipped_at, state, is_resend, edited_from FROM order_pack
WHERE id = ANY(%(id)s::bigint[]) ORDER BY id

-- packs_locked --
SELECT id, shop_id, carrier, waybill_no, life, shipped_at, state, is_resend, edited_from FROM order_pack
WHERE id = ANY(%(id)s::bigint[]) ORDER BY id FOR UPDATE

-- lines_of_packs --
SELECT pack_id, order_id, line_no, quantity FROM order_pack_line WHERE pack_id = ANY(%(id)s::bigint[])
ORDER BY pack_id, order_id, line_no

-- live_packs_of_numbers --
SELECT p.id, p.shop_id, p.carrier, p.waybill_no, p.life, p.shipped_at, p.state, p.is_resend, p.edited_from
FROM unnest(%(waybill_no)s::text[], %(carrier)s::text[], %(shop_id)s::bigint[]) AS k (waybill_no, carrier, shop_id)
JOIN order_pack p ON p.waybill_no = k.waybill_no AND p.carrier = k.carrier AND p.shop_id = k.shop_id AND p.state = 'LIVE'
ORDER BY p.id

-- numbers_of --
SELECT DISTINCT l.order_id, p.waybill_no, p.carrier
FROM order_pack_line l JOIN order_pack p ON p.id = l.pack_id WHERE l.order_id = ANY(%(id)s::bigint[])

-- judged_before --
SELECT id FROM order_head WHERE id = ANY(%(id)s::bigint[]) AND judge_due_at < %(now)s

-- left_of --
SELECT order_id, line_no, quantity - shipped_quantity - refunded_quantity FROM order_line
WHERE order_id = ANY(%(id)s::bigint[]) AND quantity > shipped_quantity + refunded_quantity ORDER BY order_id, line_no

-- states_of --
SELECT id, state, open_refunds FROM order_head WHERE id = ANY(%(id)s::bigint[])

-- lock_told --
SELECT id FROM order_head WHERE id = ANY(%(id)s::bigint[]) ORDER BY id FOR UPDATE

-- edits --
WITH RECURSIVE before AS (
  SELECT edited_from, 0 AS edits FROM order_pack WHERE id = %(id)s
  UNION ALL
  SELECT p.edited_from, b.edits + CASE WHEN p.state = 'REPLACED' THEN 1 ELSE 0 END
  FROM before b JOIN order_pack p ON p.id = b.edited_from WHERE b.edits < 100
)
SELECT max(edits) FROM before

-- still_open --
SELECT count(*) FROM order_head
WHERE id = ANY(%(id)s::bigint[]) AND state NOT IN ('CANCELLED', 'COMPLETED') AND received_at IS NULL AND closed_at IS NULL
