"""The SQL of accounts that also runs on plain psycopg connections, where there is no ORM (the intake)."""

_CREDENTIAL = """
SELECT c.id, c.organisation_id, o.kind, o.carrier_code, o.source_code, c.scopes, c.push_secret_encrypted,
       c.is_active AND o.is_active AS is_active, c.token_sha256
FROM credential c JOIN organisation o ON o.id = c.organisation_id
"""

CREDENTIAL_BY_PREFIX = _CREDENTIAL + "WHERE c.token_prefix = %s"
CREDENTIAL_BY_ID = _CREDENTIAL + "WHERE c.id = %s"

COUNT_ATTEMPT = """
INSERT INTO login_failure AS f (key, window_started_at, failure_count, locked_until)
VALUES (%(key)s, %(now)s, 1, NULL)
ON CONFLICT (key) DO UPDATE SET
    failure_count = CASE WHEN f.locked_until > %(now)s THEN f.failure_count
                         WHEN f.window_started_at <= %(window_start)s OR f.locked_until IS NOT NULL THEN 1
                         ELSE f.failure_count + 1 END,
    window_started_at = CASE WHEN f.locked_until > %(now)s THEN f.window_started_at
                             WHEN f.window_started_at <= %(window_start)s OR f.locked_until IS NOT NULL THEN %(now)s
                             ELSE f.window_started_at END,
    locked_until = CASE WHEN f.locked_until > %(now)s THEN f.locked_until
                        WHEN f.window_started_at <= %(window_start)s OR f.locked_until IS NOT NULL THEN NULL
                        WHEN f.failure_count >= %(allowed)s THEN %(lock_until)s
                        ELSE NULL END
RETURNING locked_until, failure_count
"""

TRY_CODE = """
UPDATE phone_code SET try_count = try_count + 1
 WHERE id = (
        SELECT id FROM phone_code
         WHERE purpose = %(purpose)s AND used_at IS NULL AND voided_at IS NULL
           AND (user_id = %(user_id)s OR number_index = ANY(%(numbers)s::bytea[]))
         ORDER BY sent_at DESC, id DESC LIMIT 1
       )
   AND used_at IS NULL AND voided_at IS NULL AND expires_at > %(now)s AND try_count < %(allowed)s
RETURNING id, code_hmac, number_encrypted, try_count
"""
"""Counts a try and says which code it is for; no row if none lives. Parallel tries wait for each other at the row."""

USE_ONCE = """
INSERT INTO used_code AS u (key, used_at) VALUES (%(key)s, %(now)s)
ON CONFLICT (key) DO UPDATE SET used_at = %(now)s WHERE u.used_at < %(again_from)s
"""
"""One row changed if the code is used for the first time in a while, none if it was used before."""
