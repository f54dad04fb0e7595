with

stg_movies as (

    select * from {{ ref('stg_movies') }}

),

movies_checked as (

    select
        *,

        case
            when not is_utf8 then 'not_utf8'
            when malformed_line is not null then 'line_malformed'
            when trim(coalesce(raw_movie_id, '')) = '' then 'movie_id_missing'
            when movie_id is null then 'movie_id_not_an_integer'
            when movie_id < 0 then 'movie_id_negative'
        end as fault

    from stg_movies

),

movies_numbered as (

    select
        *,

        row_number() over (
            partition by fault, movie_id
            order by file desc, title desc, genres desc
        ) as description_number

    from movies_checked

),

movies_judged as (

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

select * from movies_judged
