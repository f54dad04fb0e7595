-- Fails, and returns the counts, if the accepted and rejected ratings, movies
-- or users do not add up to the raw rows. Valid rows that repeat a rating of an
-- earlier fold are neither.

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

given_splits as (

    {{ given_splits() | indent(4) }}

),

rows_repeated as (

    select coalesce(sum(row_count), 0) as row_count
    from given_splits
    where is_in_earlier_fold

),

rows_counted as (

    {%- for rows in accepted %}

    select
        '{{ rows }}' as table_name,

        raw_{{ rows }}.row_count as raw_count,
        accepted_{{ rows }}.row_count as accepted_count,
        {{ 'rows_repeated.row_count' if rows == 'ratings' else 0 }}
            as repeated_count,
        rejected_{{ rows }}.row_count as rejected_count

    from raw_{{ rows }}
    cross join accepted_{{ rows }}
    cross join rejected_{{ rows }}
    {%- if rows == 'ratings' %}
    cross join rows_repeated
    {%- endif %}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

counts_unequal as (

    select * from rows_counted
    where raw_count <> accepted_count + repeated_count + rejected_count

)

select * from counts_unequal
