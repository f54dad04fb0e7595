with

stg_ratings as (

    select * from {{ ref('stg_ratings') }}

),

stg_movies as (

    select * from {{ ref('stg_movies') }}

),

raw_release as (

    select * from {{ ref('raw_release') }}
    where role = 'ratings'

),

ids_hashed as (

    select
        'user' as side,
        user_id as id,
        trim(raw_user_id) as source_id

    from stg_ratings
    where (select has_text_user_ids from raw_release) and user_id is not null

    union

    select
        'movie' as side,
        movie_id as id,
        trim(raw_movie_id) as source_id

    from stg_ratings
    where (select has_text_movie_ids from raw_release) and movie_id is not null

    union

    select
        'movie' as side,
        movie_id as id,
        trim(raw_movie_id) as source_id

    from stg_movies
    where (select has_text_movie_ids from raw_release) and movie_id is not null

)

select * from ids_hashed
