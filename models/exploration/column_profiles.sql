{%- set profiled_columns = {
    'raw_ratings': [
        'user_id', 'movie_id', 'rating', 'strength', 'rated_at', 'split', 'file'
    ],
    'raw_movies': ['movie_id', 'title', 'genres', 'file'],
    'raw_users': [
        'user_id', 'age', 'gender', 'occupation', 'zip_code', 'file'
    ],
    'interactions': [
        'user_id', 'movie_id', 'rating', 'strength', 'event_count', 'rated_at'
    ],
    'movies': [
        'movie_id', 'title', 'genres', 'release_year', 'rating_count',
        'mean_rating'
    ],
    'users': [
        'user_id', 'gender', 'occupation', 'age', 'rating_count',
        'mean_rating', 'first_rated_at', 'last_rated_at'
    ],
} -%}
{#- Exact counts of several columns take long with many rows. #}
{%- set large_tables = ['raw_ratings', 'interactions'] -%}
{%- set text_columns = ['title', 'genres', 'gender', 'occupation'] -%}

with

{%- for table in profiled_columns %}

{{ table }} as (

    select * from {{ ref(table) }}

),
{%- endfor %}

columns_profiled as (

    {%- for table, columns in profiled_columns.items() %}

    select
        '{{ table }}' as table_name,

        inline(array(
            {%- for column in columns %}
            struct(
                '{{ column }}' as column_name,
                typeof(max({{ column }})) as data_type,
                count(*) as row_count,
                {%- if column in text_columns or table.startswith('raw_') %}
                count_if({{ is_missing(column) }})
                {%- else %}
                count_if({{ column }} is null)
                {%- endif %} as missing_count,
                {%- if table in large_tables %}
                least(
                    approx_count_distinct({{ column }}), count({{ column }})
                )
                {%- else %}
                count(distinct {{ column }})
                {%- endif %} as distinct_count
            ){{ ',' if not loop.last }}
            {%- endfor %}
        ))

    from {{ table }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

)

select * from columns_profiled
