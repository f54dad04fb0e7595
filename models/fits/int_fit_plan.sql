with

algorithms as (

    select * from {{ ref('algorithms') }}
    where enabled

),

fit_rows as (

    {{ fit_rows() | indent(4) }}

),

rating_biases as (

    select * from {{ ref('rating_biases') }}
    where side = 'movie'

),

int_rating_scale as (

    select * from {{ ref('int_rating_scale') }}

),

user_likes as (

    select
        protocol,
        fold,
        user_id,

        count_if(is_relevant) as like_count

    from fit_rows
    group by protocol, fold, user_id

),

-- The most pairs and the fewest likes in any fold apply to all folds of the
-- protocol, so that an algorithm is fitted in all folds or in none.
pair_counts as (

    select
        protocol,
        fold,

        max(sum(like_count * like_count)) over (partition by protocol)
            as pair_count,
        min(sum(like_count)) over (partition by protocol) as least_like_count

    from user_likes
    group by protocol, fold

),

movie_counts as (

    select
        protocol,
        fold,

        max(count(*)) over (partition by protocol) as movie_count

    from rating_biases
    group by protocol, fold

),

rating_counts as (

    select sum(rating_count) as rating_count

    from rating_biases
    where protocol = 'all'

),

fits_planned as (

    select
        algorithms.*,
        pair_counts.protocol,
        pair_counts.fold,

        case
            when
                algorithms.feedback = 'explicit'
                and not int_rating_scale.has_ratings
                then 'the algorithm needs ratings, and the data has events'
            when
                algorithms.family = 'recent_popularity'
                and not int_rating_scale.has_times
                then 'the algorithm needs times, and the ratings have none'
            when
                rating_count > algorithms.rating_limit
                and algorithms.algorithm not in {{ recommending_algorithms() }}
                then concat(
                    'rating_limit in seeds/algorithms.csv is ',
                    format_number(algorithms.rating_limit, 0),
                    ', and there are ',
                    format_number(rating_count, 0),
                    ' ratings'
                )
            when algorithms.feedback = 'implicit' and least_like_count = 0
                then concat(
                    'a fold has no relevant rating (',
                    relevant_rating,
                    ' or more) to fit'
                )
            when
                algorithms.family = 'item_knn'
                and pair_count > {{ var('item_knn_pair_limit') }}
                then concat(
                    'item_knn_pair_limit in dbt_project.yml is ',
                    format_number({{ var('item_knn_pair_limit') }}, 0),
                    ', and there are ',
                    format_number(pair_count, 0),
                    ' pairs of movies that the same user likes'
                )
            when
                algorithms.family = 'ease'
                and movie_count > {{ var('ease_movie_limit') }}
                then concat(
                    'ease_movie_limit in dbt_project.yml is ',
                    format_number({{ var('ease_movie_limit') }}, 0),
                    ', and there are ',
                    format_number(movie_count, 0),
                    ' movies'
                )
        end as skipped_because

    from algorithms
    cross join int_rating_scale
    cross join rating_counts
    cross join pair_counts
    inner join movie_counts using (protocol, fold)
    where
        pair_counts.protocol <> 'all'
        or algorithms.algorithm = 'popularity'
        or algorithms.algorithm in {{ recommending_algorithms() }}

)

select * from fits_planned
