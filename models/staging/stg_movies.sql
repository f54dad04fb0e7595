with

raw_movies as (

    select * from {{ ref('raw_movies') }}

),

movies_cast as (

    select
        try_cast(movie_id as bigint) as movie_id,

        movie_id as raw_movie_id,
        title,
        genres,
        file,

        try_cast(
            nullif(regexp_extract(title, '\\((\\d{4})\\)\\s*$', 1), '') as int
        ) as release_year

    from raw_movies

)

select * from movies_cast
