-- Fails for a user with a missing prediction, or with a prediction that has no
-- test row. The number of a user's ratings and a combined hash are compared,
-- which is faster than a join of all rows.

with

int_fit_plan as (

    select * from {{ ref('int_fit_plan') }}
    where feedback = 'explicit' and skipped_because is null

),

predictions as (

    select * from {{ ref('predictions') }}

),

rating_splits as (

    select * from {{ ref('rating_splits') }}
    where split = 'test'

),

users_tested as (

    select
        protocol,
        fold,
        user_id,

        count(*) as rating_count,
        bit_xor(xxhash64(movie_id, rating)) as rating_hash

    from rating_splits
    group by protocol, fold, user_id

),

users_expected as (

    select
        int_fit_plan.algorithm,
        users_tested.*

    from users_tested
    inner join int_fit_plan using (protocol, fold)

),

users_predicted as (

    select
        algorithm,
        protocol,
        fold,
        user_id,

        count(prediction) as rating_count,
        bit_xor(xxhash64(movie_id, rating)) as rating_hash

    from predictions
    group by algorithm, protocol, fold, user_id

),

users_unmatched as (

    select
        algorithm,
        protocol,
        fold,
        user_id,

        users_expected.rating_count as expected_count,
        users_predicted.rating_count as predicted_count

    from users_expected
    full outer join users_predicted
        using (algorithm, protocol, fold, user_id)
    where
        users_expected.rating_count
        is distinct from users_predicted.rating_count
        or users_expected.rating_hash
        is distinct from users_predicted.rating_hash

)

select * from users_unmatched
