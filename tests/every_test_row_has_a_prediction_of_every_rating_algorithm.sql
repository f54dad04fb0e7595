-- Fails for a missing prediction and for one without a test row.

with

algorithms as (

    select * from {{ ref('algorithms') }}
    where enabled and feedback = 'explicit'

),

predictions as (

    select * from {{ ref('predictions') }}

),

test_rows as (

    select *
    from {{ ref('rating_splits') }}
    where split = 'test'

),

predictions_expected as (

    select
        algorithms.algorithm,
        test_rows.protocol,
        test_rows.fold,
        test_rows.user_id,
        test_rows.movie_id,

        true as is_expected

    from test_rows
    cross join algorithms

),

rows_unmatched as (

    select
        algorithm,
        protocol,
        fold,
        user_id,
        movie_id,

        predictions.prediction

    from predictions_expected
    full outer join predictions
        using (algorithm, protocol, fold, user_id, movie_id)
    where
        predictions_expected.is_expected is null
        or predictions.prediction is null

)

select * from rows_unmatched
