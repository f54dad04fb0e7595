with

int_evaluations as (

    select * from {{ ref('int_evaluations') }}
    where skipped_because is null

),

int_test_users_sampled as (

    select * from {{ ref('int_test_users_sampled') }}

),

int_ratings_fitted as (

    select * from {{ ref('int_ratings_fitted') }}

),

int_scores_factored as (

    select * from {{ ref('int_scores_factored') }}
    where side = 'user'

),

rating_biases as (

    select * from {{ ref('rating_biases') }}

),

global_means as (

    select
        protocol,
        fold,

        max(global_mean) as global_mean

    from rating_biases
    group by protocol, fold

),

-- What the users to make lists for have rated.
ratings_asked as (

    select int_ratings_fitted.*
    from int_ratings_fitted
    left semi join int_test_users_sampled using (protocol, fold, user_id)
    where int_ratings_fitted.protocol <> 'all'

    union all

    select * from int_ratings_fitted
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

    from ratings_asked
    group by user_id, protocol, fold

),

users_asked as (

    select
        int_evaluations.algorithm,
        int_evaluations.family,
        int_test_users_sampled.protocol,
        int_test_users_sampled.fold,
        int_test_users_sampled.user_id

    from int_test_users_sampled
    inner join int_evaluations using (protocol, fold)

    union all

    select
        int_evaluations.algorithm,
        int_evaluations.family,
        users_seen.protocol,
        users_seen.fold,
        users_seen.user_id

    from users_seen
    inner join int_evaluations using (protocol, fold)
    where
        users_seen.protocol = 'all'
        and int_evaluations.algorithm = '{{ var("ranking_algorithm") }}'

),

-- If the fit has no vector or liked movie of the user, popularity ranks. The
-- baselines need neither: the mean of a cold user is the global mean, and the
-- bias is 0.
users_queried as (

    select
        users_asked.algorithm,
        case
            when users_asked.family = 'random' then 'random'
            when users_asked.family in ('item_knn', 'ease')
                then if(
                    size(users_seen.liked_movie_ids) > 0,
                    users_asked.algorithm,
                    'popularity'
                )
            when
                users_asked.family in ('als', 'biased_als', 'svd')
                and fitted.id is null
                then 'popularity'
            else users_asked.algorithm
        end as scored_by,
        users_asked.protocol,
        users_asked.fold,
        users_asked.user_id,

        coalesce(
            fitted.factors,
            case
                when users_asked.family = 'bias'
                    then array(global_means.global_mean, 1d)
                when users_asked.algorithm = 'user_mean'
                    then array(global_means.global_mean)
                else array(1d)
            end
        ) as factors,
        coalesce(users_seen.seen_movie_ids, array()) as seen_movie_ids,
        if(
            users_asked.family in ('item_knn', 'ease'),
            coalesce(users_seen.liked_movie_ids, array()),
            array()
        ) as liked_movie_ids

    from users_asked
    left join global_means using (protocol, fold)
    left join int_scores_factored as fitted
        on
            users_asked.algorithm = fitted.algorithm
            and users_asked.protocol = fitted.protocol
            and users_asked.fold = fitted.fold
            and users_asked.user_id = fitted.id
    left join users_seen
        on
            users_asked.protocol = users_seen.protocol
            and users_asked.fold = users_seen.fold
            and users_asked.user_id = users_seen.user_id

)

select * from users_queried
