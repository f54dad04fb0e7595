-- Warns if the lists or the predictions of the algorithms that make the table
-- recommendations are significantly worse than those of a baseline by
-- paired_tests. The summary of `make build` then suggests a remedy.
{{ config(severity='warn') }}

with

model_comparison as (

    select * from {{ ref('model_comparison') }}

),

served_algorithms as (

    select * from {{ ref('served_algorithms') }}

),

algorithms_below_baseline as (

    select
        model_comparison.protocol,
        algorithm,
        'ndcg_at_10' as metric,

        model_comparison.ndcg_at_10_better_baseline as better_baseline

    from model_comparison
    inner join served_algorithms using (algorithm)
    where
        served_algorithms.use = 'ranking'
        and model_comparison.ndcg_at_10_better_baseline is not null

    union all

    select
        model_comparison.protocol,
        algorithm,
        'rmse' as metric,

        model_comparison.rmse_better_baseline as better_baseline

    from model_comparison
    inner join served_algorithms using (algorithm)
    where
        served_algorithms.use = 'rating'
        and model_comparison.rmse_better_baseline is not null

)

select * from algorithms_below_baseline
