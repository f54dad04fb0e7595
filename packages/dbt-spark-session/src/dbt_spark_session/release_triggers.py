"""Triggers in the catalog's database that refuse to change a release.

Any client, such as Spark or PyIceberg, could otherwise write to the published catalog.
"""

from __future__ import annotations

ICEBERG_TABLES = "iceberg_tables"
NAMESPACE_PROPERTIES = "iceberg_namespace_properties"
TABLES = (ICEBERG_TABLES, NAMESPACE_PROPERTIES)
"""Tables of a JDBC catalog."""
_MESSAGE = "a release never changes: write to the catalog of the build, and let dbt publish it"
_FUNCTION = "refuse_to_change_a_release"


def refusals(is_sqlite: bool) -> list[str]:
    """Return the statements that create the triggers, for SQLite or for PostgreSQL."""
    return _sqlite() if is_sqlite else _postgresql()


def _is_refused(row: str) -> str:
    """Return a condition: the row is of a release, and no publication is running."""
    name = f"{row}.catalog_name"
    return (
        "not exists (select 1 from releases_in_progress)"
        f" and exists (select 1 from releases where {name} = published_catalog"
        f" or {name} = 'r' || release_number)"
    )


def _sqlite() -> list[str]:
    return [
        f"create trigger if not exists {_FUNCTION}_{event}_{table} before {event} on {table}"
        f" when {_is_refused(row)} begin select raise(abort, '{_MESSAGE}'); end"
        for table in TABLES
        for event, row in (("insert", "new"), ("update", "old"), ("delete", "old"))
    ]


def _postgresql() -> list[str]:
    function = f"""
create or replace function {_FUNCTION}() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        if {_is_refused("new")} then raise exception '{_MESSAGE}'; end if;
        return new;
    end if;
    if {_is_refused("old")} then raise exception '{_MESSAGE}'; end if;
    if tg_op = 'DELETE' then return old; end if;
    return new;
end $$"""
    return [
        function,
        *(
            f"create or replace trigger {_FUNCTION} before insert or update or delete on {table}"
            f" for each row execute function {_FUNCTION}()"
            for table in TABLES
        ),
    ]
