with

movies as (

    select * from {{ ref('movies') }}
    where rating_count > 0

),

users as (

    select * from {{ ref('users') }}
    where rating_count > 0

),

user_summary as (

    select
        count(*) as user_count,
        sum(rating_count) as rating_count,
        median(rating_count) as median_ratings_per_user

    from users

),

movie_summary as (

    select
        count(*) as movie_count,
        median(rating_count) as median_ratings_per_movie

    from movies

),

density_computed as (

    select
        user_summary.user_count,
        movie_summary.movie_count,
        user_summary.rating_count,
        user_summary.user_count * movie_summary.movie_count as pair_count,
        user_summary.rating_count
        / (user_summary.user_count * movie_summary.movie_count) as density,
        user_summary.rating_count / user_summary.user_count
            as mean_ratings_per_user,
        user_summary.median_ratings_per_user,
        user_summary.rating_count / movie_summary.movie_count
            as mean_ratings_per_movie,
        movie_summary.median_ratings_per_movie

    from user_summary
    cross join movie_summary

)

select * from density_computed
