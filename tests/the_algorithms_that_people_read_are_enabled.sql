-- The vars rating_algorithm and ranking_algorithm name enabled rows of
-- seeds/algorithms.csv: without them there is nothing to recommend.
with

algorithms as (

    select * from {{ ref('algorithms') }}
    where enabled

),

algorithms_read as (

    select '{{ var("rating_algorithm") }}' as algorithm
    union all
    select '{{ var("ranking_algorithm") }}' as algorithm

)

select * from algorithms_read
left anti join algorithms using (algorithm)
