with

raw_release as (

    select * from {{ ref('raw_release') }}
    where role = 'ratings'

),

stg_ratings as (

    select * from {{ ref('stg_ratings') }}

),

-- Other ratings may come in a form of MovieLens's: then they fit its scale
-- worse than a build allows.
fit_of_known_scale as (

    select
        coalesce(
            avg(if({{ off_the_scale('rating') }}, 1, 0))
            <= {{ var('rejected_share_limit') }},
            true
        ) as is_good

    from stg_ratings
    cross join raw_release
    where
        raw_release.rating_min is not null
        and rating > double('-infinity')
        and rating < double('infinity')

),

scale_known as (

    select
        if(is_good, rating_min, null) as rating_min,
        if(is_good, rating_max, null) as rating_max,
        if(is_good, rating_step, null) as rating_step,
        has_times

    from raw_release
    cross join fit_of_known_scale

),

-- Looked at only when no scale is known, so that there is none to reject by.
ratings_to_scale as (

    select
        stg_ratings.*,

        scale_known.rating_min,
        scale_known.rating_max,
        scale_known.rating_step,
        scale_known.has_times

    from stg_ratings
    cross join scale_known
    where scale_known.rating_min is null

),

ratings_seen as (

    select
        min(rating) as rating_min,
        max(rating) as rating_max

    from ratings_to_scale
    where
        {{ rejection_rule() }} is null
        and rating > double('-infinity')
        and rating < double('infinity')

),

scale_chosen as (

    select
        coalesce(
            {{ declared('rating_min') }},
            scale_known.rating_min,
            ratings_seen.rating_min
        ) as rating_min,
        coalesce(
            {{ declared('rating_max') }},
            scale_known.rating_max,
            ratings_seen.rating_max
        ) as rating_max,
        coalesce(
            {{ declared('rating_step') }}, scale_known.rating_step
        ) as rating_step,

        scale_known.rating_min is not null as is_movielens,
        scale_known.has_times

    from scale_known
    cross join ratings_seen

),

-- 4 of 5 stars, as the literature has it; else the upper quarter of the scale.
relevance_chosen as (

    select
        rating_min,
        rating_max,
        rating_step,
        coalesce(
            {{ declared('relevant_rating') }},
            case
                when is_movielens then 4
                else rating_min + 0.75 * (rating_max - rating_min)
            end
        ) as relevant_rating,

        has_times

    from scale_chosen

)

select * from relevance_chosen
