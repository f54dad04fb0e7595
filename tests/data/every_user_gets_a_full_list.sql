-- Fails for a user of `users` whose list is shorter than recommendation_count
-- although there are enough unrated candidates. Fails for all users if the vars
-- candidate_movies and recommendation_count leave nothing to recommend.

with

int_scoring_vectors as (

    select * from {{ ref('int_scoring_vectors') }}

),

users as (

    select * from {{ ref('users') }}

),

recommendations as (

    select * from {{ ref('recommendations') }}

),

candidate_movies as (

    select movie_id from {{ ref('movies') }}
    where {{ var('candidate_movies') }}

),

known_movies as (

    select count(*) as movie_count
    from int_scoring_vectors
    inner join candidate_movies
        on int_scoring_vectors.id = candidate_movies.movie_id
    where
        int_scoring_vectors.protocol = 'all'
        and int_scoring_vectors.side = 'movie'
        and int_scoring_vectors.algorithm = 'popularity'

),

lists_counted as (

    select
        user_id,

        count(*) as list_length

    from recommendations
    group by user_id

),

lists_too_short as (

    select
        users.user_id,

        users.rating_count,
        lists_counted.list_length

    from users
    cross join known_movies
    left join lists_counted using (user_id)
    where
        known_movies.movie_count = 0
        or {{ var('recommendation_count') }} < 1
        or coalesce(lists_counted.list_length, 0) < least(
            {{ var('recommendation_count') }},
            known_movies.movie_count - users.rating_count
        )

)

select * from lists_too_short
