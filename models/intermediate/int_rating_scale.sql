with

raw_release as (

    select * from {{ ref('raw_release') }}
    where role = 'ratings'

),

stg_ratings as (

    select * from {{ ref('stg_ratings') }}

),

-- Looked at only when the release does not tell, with no scale to reject by.
ratings_to_scale as (

    select
        stg_ratings.*,

        raw_release.rating_min,
        raw_release.rating_max,
        raw_release.rating_step,
        raw_release.has_times

    from stg_ratings
    cross join raw_release
    where raw_release.rating_min is null

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
            raw_release.rating_min,
            ratings_seen.rating_min
        ) as rating_min,
        coalesce(
            {{ declared('rating_max') }},
            raw_release.rating_max,
            ratings_seen.rating_max
        ) as rating_max,
        coalesce(
            {{ declared('rating_step') }}, raw_release.rating_step
        ) as rating_step,

        raw_release.rating_min is not null as is_movielens,
        raw_release.has_times

    from raw_release
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
