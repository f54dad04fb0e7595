-- Fails if an algorithm that the table recommendations needs is not enabled:
-- those of the vars ranking_algorithm and rating_algorithm, and popularity and
-- damped_bias, the fallbacks for users and movies that a fit does not know.
-- Also fails if ranking_algorithm has no factors, which similar_movies
-- compares, or if rating_algorithm does not predict ratings.

with

algorithms as (

    select * from {{ ref('algorithms') }}
    where enabled

),

algorithms_needed as (

    select '{{ var("rating_algorithm") }}' as algorithm
    union all
    select '{{ var("ranking_algorithm") }}' as algorithm
    union all
    select 'damped_bias' as algorithm
    union all
    select 'popularity' as algorithm

),

algorithms_missing as (

    select algorithms_needed.*
    from algorithms_needed
    left anti join algorithms using (algorithm)

    union all

    select algorithm
    from algorithms
    where
        (
            algorithm = '{{ var("ranking_algorithm") }}'
            and factors is null
        )
        or (
            algorithm = '{{ var("rating_algorithm") }}'
            and coalesce(feedback, '') <> 'explicit'
        )

)

select * from algorithms_missing
