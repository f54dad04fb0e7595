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
-- `all`, every user gets a list. The rows without a movie are for test users
-- without a rating in the fit.
ratings_seen as (

    select
        protocol,
        fold,
        user_id,
        movie_id,

        is_relevant

    from fit_rows
    left semi join test_users_sampled using (protocol, fold, user_id)
    where protocol <> 'all'

    union all

    select
        protocol,
        fold,
        user_id,
        movie_id,

        is_relevant

    from fit_rows
    where protocol = 'all'

    union all

    select
        protocol,
        fold,
        user_id,
        null as movie_id,

        null as is_relevant

    from test_users_sampled

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

-- Under `all`, only the ranking algorithm makes lists; if it is a blend, its
-- parts are needed, too.
fits_listed as (

    select
        algorithm,
        protocol,
        fold,

        family,
        map_keys(from_json(blend_weights, 'map<string, double>')) as parts,
        protocol <> 'all' or is_ranking_algorithm as has_lists

    from int_fit_plan

),

fits_needed as (

    select
        *,

        max(if(protocol = 'all' and has_lists, parts, null)) over ()
            as serving_parts

    from fits_listed

),

blend_parts as (

    select
        algorithm,
        protocol,
        fold,
        has_lists,

        explode(parts) as part

    from fits_listed
    where family = 'blend'

),

users_to_rank as (

    select
        fits_needed.algorithm,
        fits_needed.family,
        users_seen.protocol,
        users_seen.fold,
        users_seen.user_id,

        fits_needed.has_lists,
        size(users_seen.liked_movie_ids) > 0 as has_likes

    from users_seen
    inner join fits_needed using (protocol, fold)
    where
        fits_needed.family <> 'blend'
        and (
            fits_needed.has_lists
            or array_contains(
                fits_needed.serving_parts, fits_needed.algorithm
            )
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
            when
                users_to_rank.family in ('item_knn', 'ease')
                and not users_to_rank.has_likes
                then 'popularity'
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

        users_to_rank.has_lists,
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

),

-- The vector of a blend has the vectors of its parts, in the order of their
-- names. If popularity ranks for a part, it ranks for the blend.
users_blended as (

    select
        blend_parts.algorithm,
        blend_parts.protocol,
        blend_parts.fold,
        users_scored.user_id,

        blend_parts.has_lists,
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
        users_scored.user_id,
        blend_parts.has_lists

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

        has_lists,
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
        users_seen.seen_movie_ids,
        if(users_combined.has_weights, users_seen.liked_movie_ids, array())
            as liked_movie_ids

    from users_combined
    inner join users_seen using (protocol, fold, user_id)
    where users_combined.has_lists

)

select * from ranking_requests
