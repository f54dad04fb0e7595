-- Fails, and returns the counts, if the accepted and rejected ratings, movies
-- or users do not add up to the raw rows.

{%- set accepted = {
    'ratings': 'interactions',
    'movies': 'movies',
    'users': 'users',
} %}

with

{%- for rows, table in accepted.items() %}

raw_{{ rows }} as (

    select count(*) as row_count from {{ ref('raw_' ~ rows) }}

),

accepted_{{ rows }} as (

    {%- if rows == 'ratings' %}

    select sum(if(rating is null, event_count, 1)) as row_count
    from {{ ref(table) }}
    {%- else %}

    select count(*) as row_count from {{ ref(table) }}
    where is_described
    {%- endif %}

),

rejected_{{ rows }} as (

    select count(*) as row_count from {{ ref('rejected_' ~ rows) }}

),
{%- endfor %}

rows_counted as (

    {%- for rows in accepted %}

    select
        '{{ rows }}' as table_name,

        raw_{{ rows }}.row_count as raw_count,
        accepted_{{ rows }}.row_count as accepted_count,
        rejected_{{ rows }}.row_count as rejected_count

    from raw_{{ rows }}
    cross join accepted_{{ rows }}
    cross join rejected_{{ rows }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

counts_unequal as (

    select * from rows_counted
    where raw_count <> accepted_count + rejected_count

)

select * from counts_unequal
