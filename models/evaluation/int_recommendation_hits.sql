with

evaluated_recommendations as (

    select * from {{ ref('evaluated_recommendations') }}

),

movies as (

    select * from {{ ref('movies') }}

),

rating_biases as (

    select * from {{ ref('rating_biases') }}

),

rating_splits as (

    select * from {{ ref('rating_splits') }}

),

fit_rows as (

    {{ fit_rows(folded_in=false) | indent(4) }}

),

relevant_ratings as (

    select
        rating_splits.protocol,
        rating_splits.fold,
        rating_splits.user_id,
        rating_splits.movie_id

    from rating_splits
    where
        rating_splits.split = 'test'
        and rating_splits.is_relevant

),

movie_genres as (

    select
        movie_id,

        split(genres, '[|]') as genre_list

    from movies

),

movie_users as (

    select
        protocol,
        fold,
        id as movie_id,

        rating_count as movie_user_count

    from rating_biases
    where side = 'movie'

),

fit_users as (

    select
        protocol,
        fold,

        count(distinct user_id) as user_count

    from fit_rows
    where protocol <> 'all'
    group by protocol, fold

),

recommendations_joined as (

    select
        evaluated_recommendations.algorithm,
        evaluated_recommendations.protocol,
        evaluated_recommendations.fold,
        evaluated_recommendations.user_id,
        evaluated_recommendations.rank,
        evaluated_recommendations.movie_id,

        coalesce(movie_genres.genre_list, array()) as genre_list,
        movie_users.movie_user_count,
        fit_users.user_count,

        relevant_ratings.movie_id is not null as is_relevant

    from evaluated_recommendations
    left join relevant_ratings using (user_id, movie_id, protocol, fold)
    left join movie_genres using (movie_id)
    left join movie_users using (protocol, fold, movie_id)
    left join fit_users using (protocol, fold)

),

hits_counted as (

    select
        algorithm,
        protocol,
        fold,
        user_id,
        rank,
        movie_id,

        movie_user_count,
        user_count,
        count_if(is_relevant) over (
            partition by user_id, algorithm, protocol, fold
            order by rank
        ) as hits_so_far,
        aggregate(
            collect_list(genre_list) over (
                partition by user_id, algorithm, protocol, fold
                order by rank
                rows between unbounded preceding and 1 preceding
            ),
            0d,
            (total, other) -> total
            + {{ genre_distance('other', 'genre_list') }}
        ) as distance_to_above,

        is_relevant

    from recommendations_joined

)

select * from hits_counted
