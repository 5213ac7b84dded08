"""The SQL of accounts on a plain connection, as the intake uses it."""

import psycopg

from tests.web.cast import NOW
from yidao.accounts import queries, services, statements
from yidao.accounts.models import Organisation


def test_the_intakes_plain_connection_reads_the_same(committed_db: None, runtime_dsn: str) -> None:
    organisation_id = services.create_organisation(kind=Organisation.Kind.PROVIDER, name="X", now=NOW, source_code="X")
    credential_id, token = services.create_credential(
        organisation_id=organisation_id, name="x", scopes=("events:write",), now=NOW, real_now=NOW
    )
    with psycopg.connect(runtime_dsn) as connection:
        prefix = queries.token_prefix(token)
        row = connection.execute(statements.CREDENTIAL_BY_PREFIX, (prefix,)).fetchone()

    found = queries.credential_if_token_fits(row, token)
    assert found is not None
    assert found.id == credential_id
    assert queries.credential_if_token_fits(row, token + "x") is None
