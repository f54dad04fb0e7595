-- The vars rating_algorithm and ranking_algorithm name what people read, and
-- both fall back on popularity and the damped bias where a fit does not reach.

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

)

select * from algorithms_missing
