with

int_movies_validated as (

    select * from {{ ref('int_movies_validated') }}

),

movies_rejected as (

    select
        rule,
        raw_movie_id,
        title,
        genres,
        malformed_line,
        file

    from int_movies_validated
    where rule is not null

)

select * from movies_rejected
