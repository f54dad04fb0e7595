-- Train and validation rows that the source gives as rows of a later split of
-- the same fold.

with

protocols as (

    select * from {{ ref('protocols') }}
    where split_by = 'given'

),

rating_splits as (

    select * from {{ ref('rating_splits') }}
    where split in ('train', 'validation')

),

stg_ratings as (

    select * from {{ ref('stg_ratings') }}
    where raw_split is not null

),

int_rating_scale as (

    select * from {{ ref('int_rating_scale') }}

),

rows_held_out as (

    select distinct
        user_id,
        movie_id,

        split as given_split,

        fold

    from stg_ratings
    cross join int_rating_scale
    where split in ('validation', 'test') and {{ rating_rule() }} is null

),

splits_leaked as (

    select
        rating_splits.protocol,
        rating_splits.fold,
        rating_splits.user_id,
        rating_splits.movie_id,

        rating_splits.split,
        rows_held_out.given_split

    from rating_splits
    inner join protocols using (protocol)
    inner join rows_held_out using (user_id, movie_id, fold)
    where
        rows_held_out.given_split = 'test'
        or rating_splits.split = 'train'

)

select * from splits_leaked
