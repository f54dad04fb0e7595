-- Ratings that a protocol with several folds tests more than once, or never.

with

protocols as (

    select * from {{ ref('protocols') }}
    where folds > 1

),

rating_splits as (

    select * from {{ ref('rating_splits') }}

),

folds_leaked as (

    select
        rating_splits.protocol,
        rating_splits.user_id,
        rating_splits.movie_id,

        count_if(rating_splits.split = 'test') as test_count

    from rating_splits
    inner join protocols using (protocol)
    group by
        rating_splits.protocol, rating_splits.user_id, rating_splits.movie_id
    having
        count_if(rating_splits.split = 'test') > 1
        or (
            count_if(rating_splits.split = 'test') = 0
            and max(protocols.folds * protocols.test_fraction) >= 1
        )

)

select * from folds_leaked
