with

raw_ratings as (

    select * from {{ ref('raw_ratings') }}

),

stg_value_formats as (

    select * from {{ ref('stg_value_formats') }}

),

ratings_cast as (

    select
        {{ id_of('raw_ratings.user_id', 'has_text_user_ids') }} as user_id,
        {{ id_of('raw_ratings.movie_id', 'has_text_movie_ids') }} as movie_id,

        raw_ratings.user_id as raw_user_id,
        raw_ratings.movie_id as raw_movie_id,
        raw_ratings.rating as raw_rating,
        raw_ratings.strength as raw_strength,
        raw_ratings.rated_at as raw_rated_at,
        raw_ratings.split as raw_split,
        raw_ratings.malformed_line,
        raw_ratings.file,
        raw_ratings.is_utf8,
        raw_ratings.is_forgotten,

        {{ split_of('raw_ratings.split') }} as split,

        coalesce(cast(raw_ratings.fold as int), 0) as fold,
        {{ as_number('rating') }} as rating,
        {{ as_number('strength') }} as strength,

        {{ time_of('rated_at') }} as rated_at

    from raw_ratings
    cross join stg_value_formats

)

select * from ratings_cast
