with

int_rating_contributions as (

    select * from {{ ref('int_rating_contributions') }}

),

interactions as (

    select * from {{ ref('interactions') }}

),

movies as (

    select * from {{ ref('movies') }}

),

contributions_described as (

    select
        int_rating_contributions.user_id,
        int_rating_contributions.movie_id,
        int_rating_contributions.position,
        int_rating_contributions.rated_movie_id,

        int_rating_contributions.kind,
        movies.title as rated_title,

        interactions.rating,
        int_rating_contributions.contribution

    from int_rating_contributions
    left join interactions
        on
            int_rating_contributions.user_id = interactions.user_id
            and int_rating_contributions.rated_movie_id = interactions.movie_id
    left join movies
        on int_rating_contributions.rated_movie_id = movies.movie_id

)

select * from contributions_described
