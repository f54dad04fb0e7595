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

        try_cast(rating as double) as rating,

        -- Epoch seconds in most releases, a written time in some.
        coalesce(
            timestamp_seconds(try_cast(rated_at as bigint)),
            try_cast(rated_at as timestamp)
        ) as rated_at

    from raw_ratings

)

select * from ratings_cast
