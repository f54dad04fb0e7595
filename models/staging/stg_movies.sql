with

raw_movies as (

    select * from {{ ref('raw_movies') }}

),

stg_value_formats as (

    select * from {{ ref('stg_value_formats') }}

),

movies_cast as (

    select
        {{ id_of('movie_id', 'has_text_movie_ids') }} as movie_id,

        movie_id as raw_movie_id,
        {{ missing_as_null('title') }} as title,
        nullif(
            {{ missing_as_null('genres') }}, '(no genres listed)'
        ) as genres,
        file,
        malformed_line,
        is_utf8,

        try_cast(
            nullif(regexp_extract(title, '\\((\\d{4})\\)\\s*$', 1), '') as int
        ) as release_year

    from raw_movies
    cross join stg_value_formats

)

select * from movies_cast
