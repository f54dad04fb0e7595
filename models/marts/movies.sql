with

interactions as (

    select * from {{ ref('interactions') }}

),

stg_movies as (

    select * from {{ ref('stg_movies') }}

),

int_text_ids as (

    select * from {{ ref('int_text_ids') }}
    where side = 'movie'

),

movies_described as (

    select
        movie_id,

        max_by(
            struct(title, genres, release_year),
            struct(file, title, genres, release_year)
        ) as description

    from stg_movies
    where movie_id is not null
    group by movie_id

),

movies_rated as (

    select
        movie_id,

        count(*) as rating_count,
        avg(rating) as mean_rating

    from interactions
    group by movie_id

),

-- A movie without a description keeps its ratings, and is named by its id.
movies_joined as (

    select
        movie_id,

        coalesce(int_text_ids.source_id, cast(movie_id as string))
            as source_id,
        coalesce(
            movies_described.description.title,
            concat('movie ', int_text_ids.source_id),
            concat('movie ', movie_id)
        ) as title,
        movies_described.description.genres,

        movies_described.description.release_year,
        coalesce(movies_rated.rating_count, 0) as rating_count,
        movies_rated.mean_rating

    from movies_described
    full outer join movies_rated using (movie_id)
    left join int_text_ids
        on
            coalesce(movies_described.movie_id, movies_rated.movie_id)
            = int_text_ids.id

)

select * from movies_joined
