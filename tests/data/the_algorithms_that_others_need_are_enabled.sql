-- The vars rating_algorithm and ranking_algorithm name what people read, and
-- both fall back on popularity and the damped bias where a fit does not reach.
-- similar_movies compares factors, so that they cannot rank without; and only
-- what is fitted to ratings predicts them.

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

    select * from algorithms_needed
    left anti join algorithms using (algorithm)

    union all

    select algorithm
    from algorithms
    where
        (
            algorithm = '{{ var("ranking_algorithm") }}'
            and family not in ('als', 'biased_als', 'svd')
        )
        or (
            algorithm = '{{ var("rating_algorithm") }}'
            and coalesce(feedback, '') <> 'explicit'
        )

)

select * from algorithms_missing
