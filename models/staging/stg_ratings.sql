with

raw_ratings as (

    select * from {{ ref('raw_ratings') }}

),

raw_release as (

    select
        has_text_user_ids,
        has_text_movie_ids

    from {{ ref('raw_release') }}
    where role = 'ratings'

),

ratings_cast as (

    select
        {{ id_of('raw_ratings.user_id', 'has_text_user_ids') }} as user_id,
        {{ id_of('raw_ratings.movie_id', 'has_text_movie_ids') }} as movie_id,

        raw_ratings.user_id as raw_user_id,
        raw_ratings.movie_id as raw_movie_id,
        raw_ratings.rating as raw_rating,
        raw_ratings.rated_at as raw_rated_at,
        raw_ratings.malformed_line,
        raw_ratings.file,
        raw_ratings.is_utf8,

        -- A cast alone takes '4d' for 4, and '12:30' for a time of today; and
        -- one that fails costs more than to look first.
        case
            when rating rlike '^\\s*[-+]?[0-9.]+([eE][-+]?[0-9]+)?\\s*$'
                then try_cast(rating as double)
        end as rating,

        -- Epoch seconds in most releases, a written time in some.
        case
            when
                rated_at
                rlike '^\\s*[-+]?[0-9]+([.][0-9]+)?([eE][+]?[0-9]+)?\\s*$'
                then timestamp_micros(
                    try_cast(try_cast(rated_at as double) * 1000000 as bigint)
                )
            when rated_at rlike '^\\s*[0-9]{4}-[0-9]{2}-[0-9]{2}'
                then try_cast(rated_at as timestamp)
        end as rated_at

    from raw_ratings
    cross join raw_release

)

select * from ratings_cast
