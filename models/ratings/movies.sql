with

interactions as (

    select * from {{ ref('interactions') }}

),

int_movies_validated as (

    select * from {{ ref('int_movies_validated') }}
    where rule is null

),

int_source_ids as (

    select * from {{ ref('int_source_ids') }}
    where side = 'movie'

),

movies_rated as (

    select
        movie_id,

        count(*) as rating_count,
        avg(rating) as mean_rating

    from interactions
    group by movie_id

),

-- A full join, so that a movie without a description keeps its ratings.
movies_joined as (

    select
        movie_id,

        coalesce(int_source_ids.source_id, cast(movie_id as string))
            as source_id,
        coalesce(
            int_movies_validated.title,
            concat('movie ', int_source_ids.source_id),
            concat('movie ', movie_id)
        ) as title,
        int_movies_validated.genres,

        int_movies_validated.release_year,
        coalesce(movies_rated.rating_count, 0) as rating_count,
        movies_rated.mean_rating,

        int_movies_validated.movie_id is not null as is_described

    from int_movies_validated
    full outer join movies_rated using (movie_id)
    left join int_source_ids
        on
            coalesce(int_movies_validated.movie_id, movies_rated.movie_id)
            = int_source_ids.id

)

select * from movies_joined
