-- Fails for a list that is shorter than the longest cutoff although the user
-- has enough unrated movies. Algorithms without factors have the same
-- candidates as popularity.

with

algorithms as (

    select * from {{ ref('algorithms') }}

),

evaluated_recommendations as (

    select * from {{ ref('evaluated_recommendations') }}

),

lists_requested as (

    select distinct
        algorithm,
        protocol,
        fold,
        user_id

    from {{ ref('int_ranking_requests') }}
    where protocol <> 'all'

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
        lists_requested.algorithm,
        lists_requested.protocol,
        lists_requested.fold,
        lists_requested.user_id,

        least(
            longest_cutoff.k,
            known_movies.movie_count - coalesce(rating_biases.rating_count, 0)
        ) as least_length

    from lists_requested
    inner join algorithms using (algorithm)
    cross join longest_cutoff
    inner join known_movies
        on
            lists_requested.protocol = known_movies.protocol
            and lists_requested.fold = known_movies.fold
            and known_movies.algorithm = if(
                algorithms.family in ('random', 'item_knn', 'ease', 'blend'),
                'popularity',
                lists_requested.algorithm
            )
    left join rating_biases
        on
            lists_requested.protocol = rating_biases.protocol
            and lists_requested.fold = rating_biases.fold
            and lists_requested.user_id = rating_biases.id

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
