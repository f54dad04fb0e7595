-- Rows of a split by time that are not older than the next split's oldest.

with

interactions as (

    select * from {{ ref('interactions') }}

),

protocols as (

    select * from {{ ref('protocols') }}
    where split_by = 'time'

),

rating_splits as (

    select * from {{ ref('rating_splits') }}

),

splits_timed as (

    select
        rating_splits.*,

        interactions.rated_at

    from rating_splits
    inner join protocols using (protocol)
    inner join interactions using (user_id, movie_id)

),

cuts as (

    select
        protocol,
        fold,

        min(rated_at) filter (where split <> 'train') as train_before,
        min(rated_at) filter (where split = 'test') as validation_before

    from splits_timed
    group by protocol, fold

),

futures_leaked as (

    select
        splits_timed.protocol,
        splits_timed.fold,
        splits_timed.user_id,
        splits_timed.movie_id,

        splits_timed.split,

        splits_timed.rated_at

    from splits_timed
    inner join cuts using (protocol, fold)
    where
        (splits_timed.split = 'train' and rated_at >= train_before)
        or (
            splits_timed.split = 'validation' and rated_at >= validation_before
        )

)

select * from futures_leaked
