-- A user and movie that stand in more than one split of a fold. `all` has one
-- split, and the pairs of interactions, which are tested there.

with

rating_splits as (

    select * from {{ ref('rating_splits') }}

),

pairs_leaked as (

    select
        protocol,
        fold,
        user_id,
        movie_id,

        count(*) as row_count

    from rating_splits
    where protocol <> 'all'
    group by protocol, fold, user_id, movie_id
    having count(*) > 1

)

select * from pairs_leaked
