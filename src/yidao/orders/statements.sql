-- Orders come in batches, sorted by number and shop.

-- put_heads --
INSERT INTO order_head (id, shop_id, order_no, state, paid_at, changed_at, recorded_at)
SELECT v.id, v.shop_id, v.order_no, v.state, v.paid_at, v.changed_at, %(now)s
FROM unnest(%(id)s::bigint[], %(shop_id)s::bigint[], %(order_no)s::text[], %(state)s::text[], %(paid_at)s::timestamptz[],
            %(changed_at)s::timestamptz[])
     AS v (id, shop_id, order_no, state, paid_at, changed_at)
ON CONFLICT (order_no, shop_id) DO UPDATE
SET state = excluded.state, paid_at = excluded.paid_at, changed_at = excluded.changed_at, recorded_at = excluded.recorded_at
WHERE order_head.changed_at < excluded.changed_at
RETURNING id, order_no, shop_id

-- drop_lines --
DELETE FROM order_line WHERE order_id = ANY(%(order_id)s::bigint[])

-- add_lines --
INSERT INTO order_line (order_id, line_no, order_no, creator_id, is_self_sold, is_cross_border, room_id, product_id, product_name,
                        quantity)
SELECT v.order_id, v.line_no, v.order_no, v.creator_id, v.is_self_sold, v.is_cross_border, v.room_id, v.product_id, v.product_name,
       v.quantity
FROM unnest(%(order_id)s::bigint[], %(line_no)s::smallint[], %(order_no)s::text[], %(creator_id)s::bigint[],
            %(is_self_sold)s::boolean[], %(is_cross_border)s::boolean[], %(room_id)s::text[], %(product_id)s::text[],
            %(product_name)s::text[], %(quantity)s::integer[])
     AS v (order_id, line_no, order_no, creator_id, is_self_sold, is_cross_border, room_id, product_id, product_name, quantity)

-- ids_of --
SELECT h.id, h.order_no, h.shop_id
FROM unnest(%(order_no)s::text[], %(shop_id)s::bigint[]) AS k (order_no, shop_id)
JOIN order_head h ON h.order_no = k.order_no AND h.shop_id = k.shop_id
