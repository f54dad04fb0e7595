-- Fails for a sum over a table of exploration that differs from the same sum
-- over interactions, and for shares whose sum is not 1.

{%- set sums_checked = {
    'matrix_density': {
        'sum(rating_count)': 'ratings',
        'sum(user_count * mean_ratings_per_user)': 'ratings',
        'sum(movie_count * mean_ratings_per_movie)': 'ratings',
        'sum(user_count)': 'users',
        'sum(movie_count)': 'movies',
    },
    'rating_distribution': {
        'sum(rating_count)': 'ratings',
        'sum(rating_count * rating)': 'ratings_added',
        'sum(share)': 'one',
    },
    'ratings_over_time': {
        'sum(rating_count)': 'ratings_with_times',
        'sum(rating_count * mean_rating)': 'ratings_with_times_added',
    },
    'movie_popularity_tail': {
        'sum(movie_count)': 'movies',
        'sum(rating_count)': 'ratings',
        'max(cumulative_share)': 'one',
    },
    'user_activity_tail': {
        'sum(user_count)': 'users',
        'sum(rating_count)': 'ratings',
        'max(cumulative_share)': 'one',
    },
} %}

with

interactions as (

    select
        1 as one,
        count(*) as ratings,
        sum(rating) as ratings_added,
        count(rated_at) as ratings_with_times,
        sum(rating) filter (where rated_at is not null)
            as ratings_with_times_added,
        count(distinct user_id) as users,
        count(distinct movie_id) as movies

    from {{ ref('interactions') }}

),

sums_compared as (

    {%- for table, sums in sums_checked.items() %}

    select
        '{{ table }}' as table_name,

        inline(array(
            {%- for found, expected in sums.items() %}
            struct(
                '{{ found }}' as sum_checked,
                coalesce(cast({{ found }} as double), 0) as found,
                coalesce(cast(max({{ expected }}) as double), 0) as expected
            ){{ ',' if not loop.last }}
            {%- endfor %}
        ))

    from interactions
    left join {{ ref(table) }} on true
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

sums_broken as (

    select * from sums_compared
    where abs(found - expected) > 1e-9 * greatest(1, abs(expected))

)

select * from sums_broken
