with

interactions as (

    select * from {{ ref('interactions') }}

),

movies_validated as (

    {{ validated_descriptions('movie') | indent(4) }}

),

movies_described as (

    select * from movies_validated
    where rule is null

),

source_ids as (

    {{ source_ids('movie') | indent(4) }}

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

        coalesce(source_ids.source_id, cast(movie_id as string))
            as source_id,
        coalesce(
            movies_described.title,
            concat('movie ', source_ids.source_id),
            concat('movie ', movie_id)
        ) as title,
        movies_described.genres,

        movies_described.release_year,
        coalesce(movies_rated.rating_count, 0) as rating_count,
        movies_rated.mean_rating,

        movies_described.movie_id is not null as is_described

    from movies_described
    full outer join movies_rated using (movie_id)
    left join source_ids
        on
            coalesce(movies_described.movie_id, movies_rated.movie_id)
            = source_ids.id

)

select * from movies_joined
