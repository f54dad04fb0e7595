-- Fails for a missing prediction and for one without a test row.

with

int_evaluations as (

    select * from {{ ref('int_evaluations') }}
    where feedback = 'explicit' and skipped_because is null

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
        int_evaluations.algorithm,
        test_rows.protocol,
        test_rows.fold,
        test_rows.user_id,
        test_rows.movie_id,

        true as is_expected

    from test_rows
    inner join int_evaluations using (protocol, fold)

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
