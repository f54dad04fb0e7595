with

predictions as (

    select * from {{ ref('predictions') }}

),

list_metrics as (

    {{ main_ranking_metrics() | indent(4) }}

),

squared_errors as (

    select
        algorithm,
        protocol,
        user_id,

        count(*) as rating_count,
        sum(power(rating - prediction, 2)) as squared_error

    from predictions
    group by algorithm, protocol, user_id

),

-- Divide by the mean number of ratings per user, not by the user's own, so
-- that the mean over users is the square of the RMSE.
squared_errors_scaled as (

    select
        algorithm,
        protocol,
        'squared_error' as metric,
        user_id,

        squared_error
        / avg(rating_count) over (partition by algorithm, protocol) as value

    from squared_errors

),

-- Means over the folds in which the user has a relevant movie.
list_means as (

    select
        algorithm,
        protocol,
        metric,
        user_id,

        avg(value) as value

    from list_metrics
    group by algorithm, protocol, metric, user_id
    having count(value) > 0

),

metrics_combined as (

    select * from squared_errors_scaled
    union all
    select * from list_means

)

select * from metrics_combined
