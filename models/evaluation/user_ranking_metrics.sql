with

int_recommendation_hits as (

    select * from {{ ref('int_recommendation_hits') }}

),

-- Rows are distinct already. `distinct` lets Spark leave out the joins of the
-- view int_ranking_requests whose columns are not read here.
lists_requested as (

    select distinct
        algorithm,
        protocol,
        fold,
        user_id

    from {{ ref('int_ranking_requests') }}
    where protocol <> 'all'
    {%- if (var('rerank_candidates') | int) > 0 %}

    union all

    select distinct
        algorithm,
        protocol,
        fold,
        user_id

    from int_recommendation_hits
    where algorithm like '%_reranked'
    {%- endif %}

),

rating_splits as (

    select * from {{ ref('rating_splits') }}

),

rating_biases as (

    select * from {{ ref('rating_biases') }}

),

ranking_cutoffs as (

    select * from {{ ref('ranking_cutoffs') }}

),

relevant_counts as (

    select
        protocol,
        fold,
        user_id,

        count_if(is_relevant) as relevant_count

    from rating_splits
    where split = 'test'
    group by protocol, fold, user_id

),

user_biases as (

    select * from rating_biases
    where side = 'user'

),

-- Every evaluated user, including users with an empty list. Each of them has a
-- test row.
lists_expected as (

    select
        lists_requested.*,

        ranking_cutoffs.k,
        relevant_counts.relevant_count,

        user_biases.id is null as is_cold

    from lists_requested
    cross join ranking_cutoffs
    inner join relevant_counts using (protocol, fold, user_id)
    left join user_biases
        on
            lists_requested.protocol = user_biases.protocol
            and lists_requested.fold = user_biases.fold
            and lists_requested.user_id = user_biases.id

),

list_metrics as (

    select
        algorithm,
        protocol,
        fold,
        user_id,
        k,

        max(relevant_count) as relevant_count,
        count_if(is_relevant) as hits,
        {{ average_precision(
            'is_relevant', 'rank', 'hits_so_far', 'max(relevant_count)', 'k'
        ) }} as average_precision,
        {{ reciprocal_rank('is_relevant', 'rank') }} as reciprocal_rank,
        {{ ndcg('is_relevant', 'rank', 'max(relevant_count)', 'k') }}
            as ndcg,
        {{ ndcg_with_full_ideal('is_relevant', 'rank', 'max(relevant_count)') }}
            as ndcg_with_full_ideal,
        {{ novelty('movie_user_count', 'user_count') }} as novelty,
        avg(movie_user_count) as mean_popularity,
        sum(distance_to_above)
        / nullif(count(rank) * (count(rank) - 1) / 2, 0) as diversity,

        bool_or(is_cold) as is_cold

    from lists_expected
    left join int_recommendation_hits
        using (algorithm, protocol, fold, user_id)
    where
        int_recommendation_hits.rank is null
        or int_recommendation_hits.rank <= lists_expected.k
    group by algorithm, protocol, fold, user_id, k

),

-- The accuracy metrics are undefined for a user without a relevant movie, so
-- they are null.
user_metrics as (

    select
        algorithm,
        protocol,
        fold,
        user_id,
        k,

        relevant_count,
        hits,
        case when relevant_count > 0 then {{ precision('hits', 'k') }} end
            as precision,
        {{ recall('hits', 'relevant_count') }} as recall,
        {{ capped_recall('hits', 'relevant_count', 'k') }} as capped_recall,
        case when relevant_count > 0 then {{ hit_rate('hits') }} end
            as hit_rate,
        average_precision,
        case when relevant_count > 0 then reciprocal_rank end
            as reciprocal_rank,
        ndcg,
        ndcg_with_full_ideal,
        novelty,
        mean_popularity,
        diversity,

        is_cold

    from list_metrics

)

select * from user_metrics
