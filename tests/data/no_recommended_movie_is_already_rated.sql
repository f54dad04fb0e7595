with

interactions as (

    select * from {{ ref('interactions') }}

),

recommendations as (

    select * from {{ ref('recommendations') }}

),

rated_movies as (

    select
        recommendations.user_id,
        recommendations.rank,
        recommendations.movie_id

    from recommendations
    inner join interactions using (user_id, movie_id)

)

select * from rated_movies
