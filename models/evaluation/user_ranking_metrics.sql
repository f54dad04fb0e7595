with

int_recommendation_hits as (

    select * from {{ ref('int_recommendation_hits') }}

),

-- Distinct, so that Spark leaves out the joins of the columns not read here.
lists_requested as (

    select distinct
        algorithm,
        protocol,
        fold,
        user_id,

        relevant_count,

        is_cold

    from {{ ref('int_ranking_requests') }}
    where protocol <> 'all'

),

ranking_cutoffs as (

    select * from {{ ref('ranking_cutoffs') }}

),

-- Every evaluated user, including users with an empty list.
lists_expected as (

    select
        lists_requested.*,

        ranking_cutoffs.k

    from lists_requested
    cross join ranking_cutoffs

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
        case when relevant_count > 0 then {{ hit_rate('hits') }} end
            as hit_rate,
        average_precision,
        case when relevant_count > 0 then reciprocal_rank end
            as reciprocal_rank,
        ndcg,
        novelty,
        mean_popularity,
        diversity,

        is_cold

    from list_metrics

)

select * from user_metrics
