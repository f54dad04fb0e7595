-- Fails for a table that has fewer rows than release_row_share of the rows that
-- it has in the last release. Before the first release, a table is compared
-- with itself.

{%- set tables = ['interactions', 'users', 'movies', 'recommendations'] %}

with

{%- for table in tables %}

{{ table }} as (

    select
        '{{ table }}' as table_name,

        count(*) as row_count

    from {{ ref(table) }}

),

last_{{ table }} as (

    select count(*) as last_row_count
    from {{ in_last_release(ref(table)) }}

),
{%- endfor %}

rows_counted as (

    {%- for table in tables %}

    select
        {{ table }}.table_name,

        {{ table }}.row_count,
        last_{{ table }}.last_row_count

    from {{ table }}
    cross join last_{{ table }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

tables_shrunk as (

    select * from rows_counted
    where row_count < last_row_count * {{ var('release_row_share') }}

)

select * from tables_shrunk
