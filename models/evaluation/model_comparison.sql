with

algorithms as (

    select * from {{ ref('algorithms') }}
    where enabled

),

protocols_of_build as (

    {{ protocols_of_build() }}

),

protocols_tested as (

    select distinct
        protocol,
        true as is_tested

    from {{ ref('rating_splits') }}
    where split = 'test'

),

rating_metrics as (

    select * from {{ ref('rating_metrics') }}

),

ranking_metrics as (

    select * from {{ ref('ranking_metrics') }}

),

int_fit_plan as (

    select * from {{ ref('int_fit_plan') }}

),

paired_tests as (

    select * from {{ ref('paired_tests') }}

),

int_user_metrics as (

    select * from {{ ref('int_user_metrics') }}

),

user_means as (

    select
        protocol,
        metric,
        algorithm,

        avg(value) as value

    from int_user_metrics
    left semi join algorithms using (algorithm)
    group by protocol, metric, algorithm

),

algorithms_ranked as (

    select
        *,

        first_value(algorithm) over (
            partition by protocol, metric
            order by
                if(metric = 'squared_error', -value, value) desc,
                algorithm asc
        ) as best_algorithm

    from user_means

),

verdicts as (

    select
        algorithms_ranked.protocol,
        algorithms_ranked.algorithm,
        algorithms_ranked.metric,

        case
            when algorithms_ranked.algorithm = algorithms_ranked.best_algorithm
                then 'best'
            when paired_tests.is_significant
                then concat('worse than ', algorithms_ranked.best_algorithm)
            else concat(
                'not significantly worse than ',
                algorithms_ranked.best_algorithm
            )
        end as verdict

    from algorithms_ranked
    left join paired_tests
        on
            algorithms_ranked.protocol = paired_tests.protocol
            and algorithms_ranked.metric = paired_tests.metric
            and algorithms_ranked.best_algorithm = paired_tests.algorithm
            and algorithms_ranked.algorithm = paired_tests.other_algorithm

),

verdict_summaries as (

    select
        protocol,
        algorithm,

        max(verdict) filter (where metric = 'squared_error') as rmse_verdict,
        max(verdict) filter (where metric = 'ndcg_at_10')
            as ndcg_at_10_verdict,
        max(verdict) filter (where metric = 'recall_at_20')
            as recall_at_20_verdict

    from verdicts
    group by protocol, algorithm

),

baselines as (

    select algorithm from algorithms
    where
        family in (
            'random', 'popularity', 'recent_popularity', 'mean', 'bias'
        )

),

-- The best of the baselines that are significantly better than an algorithm.
better_baselines as (

    select
        paired_tests.protocol,
        paired_tests.other_algorithm as algorithm,

        max_by(
            paired_tests.algorithm,
            struct(abs(paired_tests.difference), paired_tests.algorithm)
        ) filter (
            where paired_tests.metric = 'squared_error'
        ) as rmse_better_baseline,
        max_by(
            paired_tests.algorithm,
            struct(abs(paired_tests.difference), paired_tests.algorithm)
        ) filter (
            where paired_tests.metric = 'ndcg_at_10'
        ) as ndcg_at_10_better_baseline

    from paired_tests
    left semi join baselines using (algorithm)
    where paired_tests.is_significant
    group by paired_tests.protocol, paired_tests.other_algorithm

),

skip_reasons as (

    select
        protocol,
        algorithm,

        max(skipped_because) as skipped_because

    from int_fit_plan
    group by protocol, algorithm

),

rating_summaries as (

    select
        algorithm,
        protocol,

        avg(value) filter (where metric = 'rmse') as rmse,
        avg(ci_lower) filter (where metric = 'rmse') as rmse_ci_lower,
        avg(ci_upper) filter (where metric = 'rmse') as rmse_ci_upper,
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
        avg(ci_lower) filter (where metric = 'ndcg' and k = 10)
            as ndcg_at_10_ci_lower,
        avg(ci_upper) filter (where metric = 'ndcg' and k = 10)
            as ndcg_at_10_ci_upper,
        avg(value) filter (
            where metric = 'ndcg_of_warm' and k = 10
        ) as ndcg_at_10_warm,
        avg(value) filter (
            where metric = 'ndcg_of_cold' and k = 10
        ) as ndcg_at_10_cold,
        coalesce(sum(user_count) filter (
            where metric = 'ndcg_of_warm' and k = 10
        ), 0) as warm_user_count,
        coalesce(sum(user_count) filter (
            where metric = 'ndcg_of_cold' and k = 10
        ), 0) as cold_user_count,
        {%- for metric in [
            'precision', 'hit_rate', 'map', 'mrr', 'catalogue_coverage',
            'mean_popularity', 'novelty', 'diversity', 'exposure_gini'
        ] %}
        avg(value) filter (
            where metric = '{{ metric }}' and k = 10
        ) as {{ metric }}_at_10,
        {%- endfor %}
        avg(value) filter (where metric = 'recall' and k = 20) as recall_at_20

    from ranking_metrics
    group by algorithm, protocol

),

algorithms_compared as (

    select
        protocols_of_build.protocol,
        algorithms.algorithm,

        rating_summaries.rmse,
        rating_summaries.rmse_ci_lower,
        rating_summaries.rmse_ci_upper,
        verdict_summaries.rmse_verdict,
        better_baselines.rmse_better_baseline,
        rating_summaries.mae,
        rating_summaries.r2,
        rating_summaries.fallback_share,
        ranking_summaries.ndcg_at_10,
        ranking_summaries.ndcg_at_10_ci_lower,
        ranking_summaries.ndcg_at_10_ci_upper,
        verdict_summaries.ndcg_at_10_verdict,
        better_baselines.ndcg_at_10_better_baseline,
        ranking_summaries.ndcg_at_10_warm,
        ranking_summaries.ndcg_at_10_cold,
        ranking_summaries.warm_user_count,
        ranking_summaries.cold_user_count,
        ranking_summaries.recall_at_20,
        verdict_summaries.recall_at_20_verdict,
        ranking_summaries.precision_at_10,
        ranking_summaries.hit_rate_at_10,
        ranking_summaries.map_at_10,
        ranking_summaries.mrr_at_10,
        ranking_summaries.catalogue_coverage_at_10,
        ranking_summaries.mean_popularity_at_10,
        ranking_summaries.novelty_at_10,
        ranking_summaries.diversity_at_10,
        ranking_summaries.exposure_gini_at_10,
        case
            when protocols_of_build.skipped_because is not null
                then protocols_of_build.skipped_because
            when protocols_tested.is_tested is null
                then concat(
                    'the protocol has no test rows, since there are too few ',
                    'ratings or all have the same time'
                )
            else skip_reasons.skipped_because
        end as skipped_because

    from algorithms
    cross join protocols_of_build
    left join protocols_tested using (protocol)
    left join rating_summaries using (algorithm, protocol)
    left join ranking_summaries using (algorithm, protocol)
    left join verdict_summaries using (algorithm, protocol)
    left join better_baselines using (algorithm, protocol)
    left join skip_reasons using (algorithm, protocol)
    where protocols_of_build.protocol <> 'all'

)

select * from algorithms_compared
