with

stg_movies as (

    select * from {{ ref('stg_movies') }}

),

movies_validated as (

    select
        *,

        {{ description_rule('movie') }} as rule

    from stg_movies

),

movies_rejected as (

    select
        rule,
        raw_movie_id,
        title,
        genres,
        malformed_line,
        file

    from movies_validated
    where rule is not null

)

select * from movies_rejected
