-- Train and validation rows of protocols that split by time that are not older
-- than the oldest row of a later split. If the protocol splits each user
-- separately, only rows of the same user are compared.

with

protocols as (

    select * from {{ ref('protocols') }}
    where split_by in ('time', 'user_time', 'user_last')

),

rating_splits as (

    select * from {{ ref('rating_splits') }}

),

splits_timed as (

    select
        rating_splits.*,

        case protocols.split_by
            when 'time' then 0 else rating_splits.user_id
        end as timeline,
        -- A split by count may separate ratings of the same second.
        case protocols.split_by
            when 'user_last' then interval 1 microsecond
            else interval 0 microsecond
        end as slack

    from rating_splits
    inner join protocols using (protocol)

),

cuts as (

    select
        protocol,
        fold,
        timeline,

        min(rated_at) filter (where split <> 'train') as train_before,
        min(rated_at) filter (where split = 'test') as validation_before

    from splits_timed
    group by protocol, fold, timeline

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
    inner join cuts using (protocol, fold, timeline)
    where
        (splits_timed.split = 'train' and rated_at >= train_before + slack)
        or (
            splits_timed.split = 'validation'
            and rated_at >= validation_before + slack
        )

)

select * from futures_leaked
