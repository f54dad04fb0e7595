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
        avg(value) - {{ confidence_half_width('value') }} as ci_lower,
        avg(value) + {{ confidence_half_width('value') }} as ci_upper,
        count(value) as user_count

    from user_ranking_metrics
        unpivot include nulls (
            value for metric in (
                precision as precision,
                recall as recall,
                capped_recall as capped_recall,
                hit_rate as hit_rate,
                average_precision as map,
                reciprocal_rank as mrr,
                ndcg as ndcg,
                ndcg_with_full_ideal as ndcg_with_full_ideal,
                novelty as novelty,
                mean_popularity as mean_popularity,
                diversity as diversity
            )
        )
    group by algorithm, protocol, fold, k, metric

),

-- The list of a cold user is not personal, and a mean over all users hides how
-- many users are cold.
warm_and_cold_means as (

    select
        algorithm,
        protocol,
        fold,
        k,
        if(is_cold, 'ndcg_of_cold', 'ndcg_of_warm') as metric,

        avg(ndcg) as value,
        avg(ndcg) - {{ confidence_half_width('ndcg') }} as ci_lower,
        avg(ndcg) + {{ confidence_half_width('ndcg') }} as ci_upper,
        count(ndcg) as user_count

    from user_ranking_metrics
    where ndcg is not null
    group by algorithm, protocol, fold, k, is_cold

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

movies_listed as (

    select
        evaluated_recommendations.algorithm,
        evaluated_recommendations.protocol,
        evaluated_recommendations.fold,
        ranking_cutoffs.k,
        evaluated_recommendations.movie_id,

        count(*) as list_count

    from evaluated_recommendations
    inner join ranking_cutoffs
        on evaluated_recommendations.rank <= ranking_cutoffs.k
    group by
        evaluated_recommendations.algorithm,
        evaluated_recommendations.protocol,
        evaluated_recommendations.fold,
        ranking_cutoffs.k,
        evaluated_recommendations.movie_id

),

movies_ordered as (

    select
        movies_listed.*,

        catalogue_sizes.movie_count,
        row_number() over (
            partition by algorithm, protocol, fold, k
            order by list_count, movie_id
        ) as position,
        count(*) over (
            partition by algorithm, protocol, fold, k
        ) as listed_count

    from movies_listed
    inner join catalogue_sizes using (protocol, fold)

),

exposures as (

    select
        algorithm,
        protocol,
        fold,
        k,

        count(*) / max(movie_count) as catalogue_coverage,
        {{ gini('list_count', 'position', 'listed_count', 'movie_count') }}
            as exposure_gini

    from movies_ordered
    group by algorithm, protocol, fold, k

),

users_listed as (

    select
        algorithm,
        protocol,
        fold,

        count(distinct user_id) as user_count

    from evaluated_recommendations
    group by algorithm, protocol, fold

),

exposure_metrics as (

    select
        exposures.algorithm,
        exposures.protocol,
        exposures.fold,
        exposures.k,
        exposures.metric,

        exposures.value,
        cast(null as double) as ci_lower,
        cast(null as double) as ci_upper,
        users_listed.user_count

    from exposures
        unpivot (
            value for metric in (catalogue_coverage, exposure_gini)
        ) as exposures
    inner join users_listed using (algorithm, protocol, fold)

),

metrics_combined as (

    select * from user_means
    union all
    select * from warm_and_cold_means
    union all
    select * from exposure_metrics

)

select * from metrics_combined
