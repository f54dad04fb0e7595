with

evaluated_recommendations as (

    select * from {{ ref('evaluated_recommendations') }}

),

ranking_cutoffs as (

    select * from {{ ref('ranking_cutoffs') }}

),

rating_biases as (

    select * from {{ ref('rating_biases') }}

),

user_ranking_metrics as (

    select * from {{ ref('user_ranking_metrics') }}

),

user_means as (

    select
        algorithm,
        protocol,
        fold,
        k,
        metric,

        avg(value) as value,
        count(value) as user_count

    from user_ranking_metrics
        unpivot include nulls (
            value for metric in (
                precision as precision,
                recall as recall,
                hit_rate as hit_rate,
                average_precision as map,
                reciprocal_rank as mrr,
                ndcg as ndcg,
                novelty as novelty,
                mean_popularity as mean_popularity,
                diversity as diversity
            )
        )
    group by algorithm, protocol, fold, k, metric

),

catalogue_sizes as (

    select
        protocol,
        fold,

        count(*) as movie_count

    from rating_biases
    where side = 'movie'
    group by protocol, fold

),

coverages as (

    select
        evaluated_recommendations.algorithm,
        evaluated_recommendations.protocol,
        evaluated_recommendations.fold,
        ranking_cutoffs.k,
        'catalogue_coverage' as metric,

        count(distinct evaluated_recommendations.movie_id)
        / max(catalogue_sizes.movie_count) as value,
        count(distinct evaluated_recommendations.user_id) as user_count

    from evaluated_recommendations
    inner join ranking_cutoffs
        on evaluated_recommendations.rank <= ranking_cutoffs.k
    inner join catalogue_sizes using (protocol, fold)
    group by
        evaluated_recommendations.algorithm,
        evaluated_recommendations.protocol,
        evaluated_recommendations.fold,
        ranking_cutoffs.k

),

metrics_combined as (

    select * from user_means
    union all
    select * from coverages

)

select * from metrics_combined
