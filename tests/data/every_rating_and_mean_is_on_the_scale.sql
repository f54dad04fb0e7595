-- Fails for a column of ratings, mean ratings or predictions with a value
-- outside the range of int_rating_scale.

{%- set columns_checked = {
    'interactions': 'rating',
    'rating_biases': 'mean_rating',
    'predictions': 'prediction',
    'recommendations': 'predicted_rating',
    'ratings_over_time': 'mean_rating',
    'genres_over_time': 'mean_rating',
} %}

with

{%- for table in columns_checked %}

{{ table }} as (

    select * from {{ ref(table) }}

),
{%- endfor %}

int_rating_scale as (

    select * from {{ ref('int_rating_scale') }}

),

ranges as (

    {%- for table, column in columns_checked.items() %}

    select
        '{{ table }}.{{ column }}' as column_name,

        min({{ column }}) as lowest,
        max({{ column }}) as highest

    from {{ table }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

ranges_exceeded as (

    select ranges.*
    from ranges
    cross join int_rating_scale
    where
        ranges.lowest
        < rating_min - 1e-9 * greatest(1, abs(rating_min))
        or ranges.highest
        > rating_max + 1e-9 * greatest(1, abs(rating_max))

)

select * from ranges_exceeded
