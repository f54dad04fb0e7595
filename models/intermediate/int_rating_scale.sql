{#- A rating is relevant in the upper quarter of the scale or of the ratings. #}
{%- set upper_share = 0.75 %}
{%- set is_declared = 'true' if var('rating_min') is not none
    and var('rating_max') is not none else 'false' %}

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

values_counted as (

    select
        rating,

        count(*) as rating_count

    from ratings_to_scale
    where
        {{ rejection_rule() }} is null
        and rating > double('-infinity')
        and rating < double('infinity')
    group by rating

),

-- Of the ratings, the share up to each value, and the value that follows.
values_accumulated as (

    select
        rating,

        sum(rating_count) over (order by rating)
        / sum(rating_count) over () as share_up_to,
        lead(rating) over (order by rating) as next_rating

    from values_counted

),

ratings_seen as (

    select
        min(rating) as rating_min,
        max(rating) as rating_max,

        min(rating) filter (where share_up_to >= {{ 1 - upper_share }})
            as lower_quartile,
        min(rating) filter (where share_up_to >= {{ upper_share }})
            as upper_quartile,
        min(next_rating) filter (where share_up_to >= {{ upper_share }})
            as rating_above

    from values_accumulated

),

-- Where one value makes up the middle half, nearly all ratings are that value
-- or more: the next value takes the place of the upper quartile.
quartiles_seen as (

    select
        rating_min,
        rating_max,
        case
            when upper_quartile > lower_quartile then upper_quartile
            else coalesce(rating_above, upper_quartile)
        end as upper_quartile

    from ratings_seen

),

scale_chosen as (

    select
        coalesce(
            {{ declared('rating_min') }},
            raw_release.rating_min,
            quartiles_seen.rating_min
        ) as rating_min,
        coalesce(
            {{ declared('rating_max') }},
            raw_release.rating_max,
            quartiles_seen.rating_max
        ) as rating_max,
        coalesce(
            {{ declared('rating_step') }}, raw_release.rating_step
        ) as rating_step,

        quartiles_seen.upper_quartile,

        raw_release.rating_min is not null as is_movielens,
        raw_release.has_times

    from raw_release
    cross join quartiles_seen

),

-- 4 of 5 stars, as the literature has it. Where no scale is declared, the span
-- of the ratings may be due to an outlier; their quartile is not.
relevance_chosen as (

    select
        rating_min,
        rating_max,
        rating_step,
        coalesce(
            {{ declared('relevant_rating') }},
            case
                when is_movielens then 4
                when {{ is_declared }}
                    then
                        rating_min
                        + {{ upper_share }} * (rating_max - rating_min)
                else upper_quartile
            end
        ) as relevant_rating,

        has_times,
        not is_movielens
        and not {{ is_declared }}
        and {{ declared('relevant_rating') }} is null as is_relevance_inferred

    from scale_chosen

)

select * from relevance_chosen
