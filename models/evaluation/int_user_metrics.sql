with

predictions as (

    select * from {{ ref('predictions') }}

),

user_ranking_metrics as (

    select * from {{ ref('user_ranking_metrics') }}

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

list_metrics as (

    select
        algorithm,
        protocol,
        case k when 10 then 'ndcg_at_10' else 'recall_at_20' end as metric,
        user_id,

        -- A mean over the folds in which the user has a relevant movie.
        avg(case k when 10 then ndcg else recall end) as value

    from user_ranking_metrics
    where k in (10, 20)
    group by algorithm, protocol, k, user_id
    having count(ndcg) > 0

),

metrics_combined as (

    select * from squared_errors_scaled
    union all
    select * from list_metrics

)

select * from metrics_combined
