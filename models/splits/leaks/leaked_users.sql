-- Test users of a protocol that splits by user who have rows in the fit.

with

protocols as (

    select * from {{ ref('protocols') }}
    where split_by = 'user'

),

rating_splits as (

    select * from {{ ref('rating_splits') }}

),

users_leaked as (

    select
        rating_splits.protocol,
        rating_splits.fold,
        rating_splits.user_id,

        count(*) as row_count

    from rating_splits
    inner join protocols using (protocol)
    group by
        rating_splits.protocol, rating_splits.fold, rating_splits.user_id
    having
        bool_or(rating_splits.split in ('test', 'fold_in'))
        and bool_or(rating_splits.split in ('train', 'validation'))

)

select * from users_leaked
