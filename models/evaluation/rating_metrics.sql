with

predictions as (

    select * from {{ ref('predictions') }}

),

metrics_computed as (

    select
        algorithm,
        protocol,
        fold,

        {{ rmse('rating', 'prediction') }} as rmse,
        {{ mae('rating', 'prediction') }} as mae,
        {{ r2('rating', 'prediction') }} as r2,
        avg(cast(is_fallback as int)) as fallback_share,
        count(*) as row_count

    from predictions
    group by algorithm, protocol, fold

),

metrics_unpivoted as (

    select
        algorithm,
        protocol,
        fold,
        metric,

        value,
        row_count

    from metrics_computed
        unpivot include nulls (
            value for metric in (rmse, mae, r2, fallback_share)
        )

    union all

    select
        algorithm,
        protocol,
        fold,
        if(is_fallback, 'rmse_of_fallbacks', 'rmse_of_known') as metric,

        {{ rmse('rating', 'prediction') }} as value,
        count(*) as row_count

    from predictions
    group by algorithm, protocol, fold, is_fallback

),

-- The errors of one user's ratings depend on each other, and users are
-- independent. The confidence interval therefore treats the error over all
-- rows as a ratio of two sums over users.
user_errors as (

    select
        algorithm,
        protocol,
        fold,
        user_id,

        count(*) as row_count,
        sum(power(rating - prediction, 2)) as squared_error,
        sum(abs(rating - prediction)) as absolute_error

    from predictions
    group by algorithm, protocol, fold, user_id

),

users_compared as (

    select
        *,

        sum(row_count) over (partition by algorithm, protocol, fold)
            as total_count,
        sum(squared_error) over (partition by algorithm, protocol, fold)
        / sum(row_count) over (partition by algorithm, protocol, fold)
            as mean_squared_error,
        sum(absolute_error) over (partition by algorithm, protocol, fold)
        / sum(row_count) over (partition by algorithm, protocol, fold)
            as mean_absolute_error

    from user_errors

),

standard_errors as (

    select
        algorithm,
        protocol,
        fold,

        max(mean_squared_error) as mean_squared_error,
        sqrt(
            sum(power(squared_error - mean_squared_error * row_count, 2))
            * count(*) / nullif(count(*) - 1, 0)
        ) / max(total_count) as standard_error_of_mse,
        max(mean_absolute_error) as mean_absolute_error,
        sqrt(
            sum(power(absolute_error - mean_absolute_error * row_count, 2))
            * count(*) / nullif(count(*) - 1, 0)
        ) / max(total_count) as standard_error_of_mae,
        {{ student_t_quantile('(count(*) - 1)') }} as t_quantile

    from users_compared
    group by algorithm, protocol, fold
    having count(*) > 1

),

intervals as (

    select
        algorithm,
        protocol,
        fold,
        'rmse' as metric,

        sqrt(
            greatest(
                mean_squared_error - t_quantile * standard_error_of_mse, 0d
            )
        ) as ci_lower,
        sqrt(mean_squared_error + t_quantile * standard_error_of_mse)
            as ci_upper

    from standard_errors

    union all

    select
        algorithm,
        protocol,
        fold,
        'mae' as metric,

        greatest(mean_absolute_error - t_quantile * standard_error_of_mae, 0d)
            as ci_lower,
        mean_absolute_error + t_quantile * standard_error_of_mae as ci_upper

    from standard_errors

),

metrics_with_intervals as (

    select
        metrics_unpivoted.algorithm,
        metrics_unpivoted.protocol,
        metrics_unpivoted.fold,
        metrics_unpivoted.metric,

        metrics_unpivoted.value,
        intervals.ci_lower,
        intervals.ci_upper,
        metrics_unpivoted.row_count

    from metrics_unpivoted
    left join intervals using (algorithm, protocol, fold, metric)

)

select * from metrics_with_intervals
