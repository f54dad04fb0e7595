{%- set sources = {
    'user': ['stg_ratings', 'stg_users'],
    'movie': ['stg_ratings', 'stg_movies'],
} %}

with

stg_value_formats as (

    select * from {{ ref('stg_value_formats') }}

),

{%- for table in ['stg_ratings', 'stg_users', 'stg_movies'] %}

{{ table }} as (

    select * from {{ ref(table) }}

),
{%- endfor %}

ids_hashed as (

    {%- for side, tables in sources.items() %}
    {%- set outer_last = loop.last %}
    {%- for table in tables %}

    select
        '{{ side }}' as side,
        {{ side }}_id as id,
        trim(raw_{{ side }}_id) as source_id

    from {{ table }}
    where
        (select has_text_{{ side }}_ids from stg_value_formats)
        and {{ side }}_id is not null
    {%- if not (loop.last and outer_last) %}

    union
    {%- endif %}
    {%- endfor %}
    {%- endfor %}

)

select * from ids_hashed
