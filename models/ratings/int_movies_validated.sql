with

stg_movies as (

    select * from {{ ref('stg_movies') }}

),

movies_checked as (

    select
        *,

        coalesce(
            {{ line_rule() }}, {{ id_rule('movie') }}
        ) as fault

    from stg_movies

),

movies_numbered as (

    select
        *,

        row_number() over (
            partition by fault, movie_id
            order by
                file desc, title desc, genres desc, raw_movie_id asc
        ) as description_number

    from movies_checked

),

movies_validated as (

    select
        movie_id,

        raw_movie_id,
        title,
        genres,
        file,
        release_year,
        malformed_line,

        coalesce(fault, if(description_number > 1, 'duplicate_movie', null))
            as rule

    from movies_numbered

)

select * from movies_validated
