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
        raw_ratings.malformed_line,
        raw_ratings.file,
        raw_ratings.is_utf8,

        {{ as_number('rating') }} as rating,
        {{ as_number('strength') }} as strength,

        -- Most sources have epoch numbers, some have times as text. Without the
        -- pattern, the cast would read '12:30' as a time of today.
        case
            when rated_at rlike '^\\s*[0-9]{4}-[0-9]{2}-[0-9]{2}'
                then try_cast(rated_at as timestamp)
            else timestamp_micros(
                try_cast(
                    {{ epoch_number('rated_at') }} * (1e6 / ticks_per_second)
                    as bigint
                )
            )
        end as rated_at

    from raw_ratings
    cross join stg_value_formats

)

select * from ratings_cast
