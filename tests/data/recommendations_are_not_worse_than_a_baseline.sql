-- Warns if the lists of ranking_algorithm or the predictions of
-- rating_algorithm are significantly worse than those of a baseline by
-- paired_tests. The summary of `make build` then suggests a remedy.
{{ config(severity='warn') }}

with

model_comparison as (

    select * from {{ ref('model_comparison') }}

),

algorithms_below_baseline as (

    select
        protocol,
        algorithm,
        'ndcg_at_10' as metric,

        ndcg_at_10_better_baseline as better_baseline

    from model_comparison
    where
        algorithm = '{{ var("ranking_algorithm") }}'
        and ndcg_at_10_better_baseline is not null

    union all

    select
        protocol,
        algorithm,
        'rmse' as metric,

        rmse_better_baseline as better_baseline

    from model_comparison
    where
        algorithm = '{{ var("rating_algorithm") }}'
        and rmse_better_baseline is not null

)

select * from algorithms_below_baseline
