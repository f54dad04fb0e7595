with

raw_movies as (

    select * from {{ ref('raw_movies') }}

),

raw_release as (

    select has_text_movie_ids

    from {{ ref('raw_release') }}
    where role = 'ratings'

),

movies_cast as (

    select
        {{ id_of('movie_id', 'has_text_movie_ids') }} as movie_id,

        movie_id as raw_movie_id,
        title,
        nullif(genres, '(no genres listed)') as genres,
        file,
        malformed_line,
        is_utf8,

        try_cast(
            nullif(regexp_extract(title, '\\((\\d{4})\\)\\s*$', 1), '') as int
        ) as release_year

    from raw_movies
    cross join raw_release

)

select * from movies_cast
