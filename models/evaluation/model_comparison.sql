with

algorithms as (

    select * from {{ ref('algorithms') }}
    where enabled

),

protocols as (

    select * from {{ ref('int_protocols') }}
    where protocol <> 'all'

),

rating_metrics as (

    select * from {{ ref('rating_metrics') }}

),

ranking_metrics as (

    select * from {{ ref('ranking_metrics') }}

),

rating_summaries as (

    select
        algorithm,
        protocol,

        avg(value) filter (where metric = 'rmse') as rmse,
        avg(value) filter (where metric = 'mae') as mae,
        avg(value) filter (where metric = 'r2') as r2,
        avg(value) filter (where metric = 'fallback_share') as fallback_share

    from rating_metrics
    group by algorithm, protocol

),

ranking_summaries as (

    select
        algorithm,
        protocol,

        avg(value) filter (where metric = 'ndcg' and k = 10) as ndcg_at_10,
        avg(value) filter (where metric = 'recall' and k = 20) as recall_at_20,
        avg(value) filter (
            where metric = 'precision' and k = 10
        ) as precision_at_10,
        avg(value) filter (
            where metric = 'hit_rate' and k = 10
        ) as hit_rate_at_10,
        avg(value) filter (where metric = 'map' and k = 10) as map_at_10,
        avg(value) filter (where metric = 'mrr' and k = 10) as mrr_at_10,
        avg(value) filter (
            where metric = 'catalogue_coverage' and k = 10
        ) as catalogue_coverage_at_10,
        avg(value) filter (
            where metric = 'mean_popularity' and k = 10
        ) as mean_popularity_at_10,
        avg(value) filter (
            where metric = 'novelty' and k = 10
        ) as novelty_at_10,
        avg(value) filter (
            where metric = 'diversity' and k = 10
        ) as diversity_at_10

    from ranking_metrics
    group by algorithm, protocol

),

algorithms_compared as (

    select
        protocols.protocol,
        algorithms.algorithm,

        rating_summaries.rmse,
        rating_summaries.mae,
        rating_summaries.r2,
        rating_summaries.fallback_share,
        ranking_summaries.ndcg_at_10,
        ranking_summaries.recall_at_20,
        ranking_summaries.precision_at_10,
        ranking_summaries.hit_rate_at_10,
        ranking_summaries.map_at_10,
        ranking_summaries.mrr_at_10,
        ranking_summaries.catalogue_coverage_at_10,
        ranking_summaries.mean_popularity_at_10,
        ranking_summaries.novelty_at_10,
        ranking_summaries.diversity_at_10

    from algorithms
    cross join protocols
    left join rating_summaries using (algorithm, protocol)
    left join ranking_summaries using (algorithm, protocol)

)

select * from algorithms_compared
