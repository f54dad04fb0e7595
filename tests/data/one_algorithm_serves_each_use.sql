-- Fails if the movies are not ranked, the ratings are not predicted, or the
-- similar movies are not found by exactly one algorithm. From events, no rating
-- is predicted.

with

served_algorithms as (

    select * from {{ ref('served_algorithms') }}

),

int_rating_scale as (

    select * from {{ ref('int_rating_scale') }}

),

uses_needed as (

    select 'ranking' as use
    union all
    select 'similarity' as use
    union all
    select 'rating' as use
    from int_rating_scale
    where has_ratings

),

algorithms_counted as (

    select
        uses_needed.use,

        count(served_algorithms.algorithm) as algorithm_count

    from uses_needed
    left join served_algorithms using (use)
    group by uses_needed.use

)

select * from algorithms_counted
where algorithm_count <> 1
