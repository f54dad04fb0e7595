with

int_fit_plan as (

    select * from {{ ref('int_fit_plan') }}
    where skipped_because is null

),

fit_rows as (

    {{ fit_rows() | indent(4) }}

),

int_scoring_vectors as (

    select * from {{ ref('int_scoring_vectors') }}
    where side = 'user'

),

rating_biases as (

    select * from {{ ref('rating_biases') }}

),

test_users as (

    select distinct
        protocol,
        fold,
        user_id

    from {{ ref('rating_splits') }}
    where split = 'test'

),

test_users_ordered as (

    select
        *,

        row_number() over (
            partition by protocol, fold
            order by {{ hash_fraction(['user_id']) }}, user_id
        ) as sample_position

    from test_users

),

test_users_sampled as (

    select
        protocol,
        fold,
        user_id

    from test_users_ordered
    where sample_position <= {{ var('ranking_user_limit') }}

),

global_means as (

    {{ global_means('rating_biases') | indent(4) }}

),

-- Protocols with test rows need only the ratings of the sampled users. Under
-- `all`, every user gets a list.
ratings_seen as (

    select fit_rows.*
    from fit_rows
    left semi join test_users_sampled using (protocol, fold, user_id)
    where fit_rows.protocol <> 'all'

    union all

    select * from fit_rows
    where protocol = 'all'

),

users_seen as (

    select
        protocol,
        fold,
        user_id,

        collect_list(movie_id) as seen_movie_ids,
        collect_list(movie_id) filter (
            where is_relevant
        ) as liked_movie_ids

    from ratings_seen
    group by user_id, protocol, fold

),

blend_parts as (

    select
        algorithm,
        protocol,
        fold,
        is_ranking_algorithm,

        explode(map_keys(from_json(blend_weights, 'map<string, double>')))
            as part

    from int_fit_plan
    where family = 'blend'

),

-- Under `all`, only the ranking algorithm makes lists; if it is a blend, its
-- parts are needed, too.
parts_serving as (

    select part as algorithm from blend_parts
    where protocol = 'all' and is_ranking_algorithm

),

users_to_rank as (

    select
        int_fit_plan.algorithm,
        int_fit_plan.family,
        test_users_sampled.protocol,
        test_users_sampled.fold,
        test_users_sampled.user_id

    from test_users_sampled
    inner join int_fit_plan using (protocol, fold)

    union all

    select
        int_fit_plan.algorithm,
        int_fit_plan.family,
        users_seen.protocol,
        users_seen.fold,
        users_seen.user_id

    from users_seen
    inner join int_fit_plan using (protocol, fold)
    left join parts_serving using (algorithm)
    where
        users_seen.protocol = 'all'
        and (
            int_fit_plan.is_ranking_algorithm
            or parts_serving.algorithm is not null
        )

),

-- popularity ranks if the algorithm needs a vector or a liked movie of the user
-- and the fit has none. The baselines need neither: for a cold user, the mean
-- is the global mean and the bias is 0.
users_scored as (

    select
        users_to_rank.algorithm,
        case
            when users_to_rank.family = 'random' then 'random'
            when users_to_rank.family in ('item_knn', 'ease')
                then if(
                    size(users_seen.liked_movie_ids) > 0,
                    users_to_rank.algorithm,
                    'popularity'
                )
            when
                users_to_rank.family in (
                    'als', 'biased_als', 'bayesian_mf', 'svd'
                )
                and fitted_vectors.id is null
                then 'popularity'
            else users_to_rank.algorithm
        end as scored_by,
        users_to_rank.protocol,
        users_to_rank.fold,
        users_to_rank.user_id,

        users_to_rank.family in ('item_knn', 'ease') as has_weights,
        coalesce(
            fitted_vectors.factors,
            case
                when users_to_rank.family = 'bias'
                    then array(global_means.global_mean, 1d)
                when users_to_rank.algorithm = 'user_mean'
                    then array(global_means.global_mean)
                else array(1d)
            end
        ) as factors

    from users_to_rank
    left join global_means using (protocol, fold)
    left join int_scoring_vectors as fitted_vectors
        on
            users_to_rank.algorithm = fitted_vectors.algorithm
            and users_to_rank.protocol = fitted_vectors.protocol
            and users_to_rank.fold = fitted_vectors.fold
            and users_to_rank.user_id = fitted_vectors.id
    left join users_seen
        on
            users_to_rank.protocol = users_seen.protocol
            and users_to_rank.fold = users_seen.fold
            and users_to_rank.user_id = users_seen.user_id
    where users_to_rank.family <> 'blend'

),

-- The vector of a blend has the vectors of its parts, in the order of their
-- names. If popularity ranks for a part, it ranks for the blend.
users_blended as (

    select
        blend_parts.algorithm,
        blend_parts.protocol,
        blend_parts.fold,
        users_scored.user_id,

        bool_and(users_scored.scored_by = users_scored.algorithm) as is_warm,
        bool_or(users_scored.has_weights) as has_weights,
        sort_array(collect_list(struct(
            users_scored.algorithm,
            if(users_scored.has_weights, array(), users_scored.factors)
                as factors
        ))) as parts

    from blend_parts
    inner join users_scored
        on
            blend_parts.part = users_scored.algorithm
            and blend_parts.protocol = users_scored.protocol
            and blend_parts.fold = users_scored.fold
    group by
        blend_parts.algorithm,
        blend_parts.protocol,
        blend_parts.fold,
        users_scored.user_id

),

users_combined as (

    select * from users_scored

    union all

    select
        algorithm,
        if(is_warm, algorithm, 'popularity') as scored_by,
        protocol,
        fold,
        user_id,

        has_weights,
        if(is_warm, flatten(parts.factors), array(1d)) as factors

    from users_blended

),

ranking_requests as (

    select
        users_combined.algorithm,
        users_combined.scored_by,
        users_combined.protocol,
        users_combined.fold,
        users_combined.user_id,

        users_combined.factors,
        coalesce(users_seen.seen_movie_ids, array()) as seen_movie_ids,
        if(
            users_combined.has_weights,
            coalesce(users_seen.liked_movie_ids, array()),
            array()
        ) as liked_movie_ids

    from users_combined
    inner join int_fit_plan using (algorithm, protocol, fold)
    left join users_seen
        on
            users_combined.protocol = users_seen.protocol
            and users_combined.fold = users_seen.fold
            and users_combined.user_id = users_seen.user_id
    where
        users_combined.protocol <> 'all'
        or int_fit_plan.is_ranking_algorithm

)

select * from ranking_requests
