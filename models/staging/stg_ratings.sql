with

raw_ratings as (

    select * from {{ ref('raw_ratings') }}

),

ratings_cast as (

    select
        try_cast(user_id as bigint) as user_id,
        try_cast(movie_id as bigint) as movie_id,

        user_id as raw_user_id,
        movie_id as raw_movie_id,
        rating as raw_rating,
        rated_at as raw_rated_at,
        file,

        -- A cast alone takes '4d' for 4, and '12:30' for a time of today.
        case
            when rating rlike '^\\s*[-+]?[0-9.]+([eE][-+]?[0-9]+)?\\s*$'
                then try_cast(rating as double)
        end as rating,

        -- Epoch seconds in most releases, a written time in some.
        coalesce(
            timestamp_micros(
                try_multiply(try_cast(rated_at as bigint), 1000000)
            ),
            case
                when rated_at rlike '^\\s*[0-9]{4}-[0-9]{2}-[0-9]{2}'
                    then try_cast(rated_at as timestamp)
            end
        ) as rated_at

    from raw_ratings

)

select * from ratings_cast
