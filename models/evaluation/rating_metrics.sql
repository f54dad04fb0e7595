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

)

select * from metrics_unpivoted
