-- Fails for metrics that are too good to be true: an NDCG above ndcg_ceiling; a
-- share of listed movies that are in the user's test rows above
-- rated_share_ceiling, as if only those movies were candidates; and an RMSE
-- below rmse_floor times the standard deviation of the ratings, as ratings that
-- a formula generates may have. RMSE / standard deviation is √(1 - R²).

{#- Folds are skipped if most unrated candidates are in test rows anyway. #}
{%- set least_unrated_share = 0.5 %}
{#- With fewer users or test rows, such a metric may be chance. -#}
{%- set fewest_users = 30 %}
{%- set fewest_rows = 30 %}

with

ranking_metrics as (

    select * from {{ ref('ranking_metrics') }}

),

rating_metrics as (

    select * from {{ ref('rating_metrics') }}

),

evaluated_recommendations as (

    select * from {{ ref('evaluated_recommendations') }}

),

rating_splits as (

    select * from {{ ref('rating_splits') }}
    where split = 'test'

),

candidate_counts as (

    select
        protocol,
        fold,

        count_if(side = 'user') * count_if(side = 'movie')
        - sum(rating_count) filter (where side = 'user') as candidate_count

    from {{ ref('rating_biases') }}
    group by protocol, fold

),

test_counts as (

    select
        protocol,
        fold,

        count(*) as test_count

    from rating_splits
    group by protocol, fold

),

-- Folds in which enough of the candidates are not in test rows.
folds_checked as (

    select
        test_counts.protocol,
        test_counts.fold

    from test_counts
    inner join candidate_counts using (protocol, fold)
    where
        1 - test_counts.test_count
        / nullif(candidate_counts.candidate_count, 0)
        > {{ least_unrated_share }}

),

rated_shares as (

    select
        evaluated_recommendations.algorithm,
        evaluated_recommendations.protocol,
        evaluated_recommendations.fold,

        avg(cast(rating_splits.movie_id is not null as int)) as rated_share,
        count(distinct evaluated_recommendations.user_id) as user_count

    from evaluated_recommendations
    left semi join folds_checked using (protocol, fold)
    left join rating_splits using (user_id, movie_id, protocol, fold)
    group by
        evaluated_recommendations.algorithm,
        evaluated_recommendations.protocol,
        evaluated_recommendations.fold

),

metrics_checked as (

    select
        ranking_metrics.algorithm,
        ranking_metrics.protocol,
        ranking_metrics.fold,
        ranking_metrics.metric,

        ranking_metrics.value

    from ranking_metrics
    left semi join folds_checked using (protocol, fold)
    where
        ranking_metrics.metric = 'ndcg'
        and ranking_metrics.user_count >= {{ fewest_users }}
        and ranking_metrics.value > {{ var('ndcg_ceiling') }}

    union all

    select
        algorithm,
        protocol,
        fold,
        'rated_share' as metric,

        rated_share as value

    from rated_shares
    where
        user_count >= {{ fewest_users }}
        and rated_share > {{ var('rated_share_ceiling') }}

    union all

    select
        algorithm,
        protocol,
        fold,
        metric,

        value

    from rating_metrics
    where
        metric = 'r2'
        and row_count >= {{ fewest_rows }}
        and sqrt(1 - value) < {{ var('rmse_floor') }}

)

select * from metrics_checked
