-- Fails for a list that is shorter than the longest cutoff although the user
-- has enough unrated movies. Algorithms without factors have the same
-- candidates as popularity.

with

int_fit_plan as (

    select *
    from {{ ref('int_fit_plan') }}
    where skipped_because is null

),

evaluated_recommendations as (

    select * from {{ ref('evaluated_recommendations') }}

),

int_test_users_sampled as (

    select * from {{ ref('int_test_users_sampled') }}

),

int_scoring_vectors as (

    select *
    from {{ ref('int_scoring_vectors') }}
    where side = 'movie'

),

rating_biases as (

    select *
    from {{ ref('rating_biases') }}
    where side = 'user'

),

longest_cutoff as (

    select max(k) as k from {{ ref('ranking_cutoffs') }}

),

known_movies as (

    select
        algorithm,
        protocol,
        fold,

        count(*) as movie_count

    from int_scoring_vectors
    group by algorithm, protocol, fold

),

lists_counted as (

    select
        algorithm,
        protocol,
        fold,
        user_id,

        count(*) as list_length

    from evaluated_recommendations
    group by algorithm, protocol, fold, user_id

),

lists_expected as (

    select
        int_fit_plan.algorithm,
        int_test_users_sampled.protocol,
        int_test_users_sampled.fold,
        int_test_users_sampled.user_id,

        least(
            longest_cutoff.k,
            known_movies.movie_count - coalesce(rating_biases.rating_count, 0)
        ) as least_length

    from int_test_users_sampled
    inner join int_fit_plan using (protocol, fold)
    cross join longest_cutoff
    inner join known_movies
        on
            int_test_users_sampled.protocol = known_movies.protocol
            and int_test_users_sampled.fold = known_movies.fold
            and known_movies.algorithm = if(
                int_fit_plan.family in ('random', 'item_knn', 'ease'),
                'popularity',
                int_fit_plan.algorithm
            )
    left join rating_biases
        on
            int_test_users_sampled.protocol = rating_biases.protocol
            and int_test_users_sampled.fold = rating_biases.fold
            and int_test_users_sampled.user_id = rating_biases.id

),

lists_too_short as (

    select
        lists_expected.*,

        lists_counted.list_length

    from lists_expected
    left join lists_counted using (algorithm, protocol, fold, user_id)
    where
        coalesce(lists_counted.list_length, 0) < lists_expected.least_length

)

select * from lists_too_short
