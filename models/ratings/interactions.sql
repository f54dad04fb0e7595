with

stg_ratings as (

    select * from {{ ref('stg_ratings') }}

),

int_rating_scale as (

    select * from {{ ref('int_rating_scale') }}

),

-- A rating that several folds give is one rating, so only the rows of the first
-- of these folds count.
ratings_repeated as (

    select
        user_id,
        movie_id,
        fold

    from {{ ref('int_given_splits') }}
    where is_in_earlier_fold

),

-- Keep the newest rating of each user and movie, or the highest of equally new
-- ratings. Events of a user and movie add up, and an event without a strength
-- has the strength 1.
ratings_accepted as (

    select
        user_id,
        movie_id,

        max(struct(
            rated_at,
            rating,
            coalesce(rating >= relevant_rating, true) as is_relevant
        )) as newest,
        count(*) as event_count,
        sum(if(has_ratings, null, coalesce(strength, 1))) as strength

    from stg_ratings
    left anti join ratings_repeated using (user_id, movie_id, fold)
    cross join int_rating_scale
    where {{ rating_rule() }} is null
    group by user_id, movie_id

),

interactions_named as (

    select
        ratings_accepted.user_id,
        ratings_accepted.movie_id,

        ratings_accepted.newest.rating,
        ratings_accepted.event_count,
        ratings_accepted.strength,

        ratings_accepted.newest.is_relevant,

        ratings_accepted.newest.rated_at

    from ratings_accepted

)

select * from interactions_named
