{#- Relevant ratings start at this share of the scale or of the ratings. #}
{%- set upper_share = 0.75 %}
{%- set is_declared = 'true' if var('rating_min') is not none
    and var('rating_max') is not none else 'false' %}

with

raw_files as (

    select * from {{ ref('raw_files') }}
    where role = 'ratings'

),

stg_ratings as (

    select * from {{ ref('stg_ratings') }}

),

-- A malformed line has values in the wrong columns.
ratings_readable as (

    select * from stg_ratings
    where {{ line_rule() }} is null and is_forgotten is not true

),

-- Data in the format of a MovieLens release may have another scale: if a larger
-- share of the ratings than rejected_share_limit is off the scale of the
-- release, that scale is not used.
values_seen as (

    select
        coalesce(
            avg(if({{ off_the_scale('rating') }}, 1, 0)) filter (
                where
                rating > double('-infinity') and rating < double('infinity')
            ) <= {{ var('rejected_share_limit') }},
            true
        ) as is_known_scale,
        coalesce(
            bool_or(rating is not null or not {{ is_missing('raw_rating') }}),
            false
        ) as has_ratings,
        coalesce(
            bool_or(
                strength is not null or not {{ is_missing('raw_strength') }}
            ),
            false
        ) as has_strengths,
        coalesce(bool_or(split is not null), false)
        or any_value(mapping) rlike 'split=.' as has_splits,
        if(
            bool_or(split = 'train'),
            coalesce(max(fold) filter (where split = 'test') + 1, 0),
            0
        ) as fold_count

    from raw_files
    left join ratings_readable on true

),

scale_known as (

    select
        if(is_known_scale, rating_min, null) as rating_min,
        if(is_known_scale, rating_max, null) as rating_max,
        if(is_known_scale, rating_step, null) as rating_step,
        has_times,
        values_seen.has_ratings,
        values_seen.has_strengths and not values_seen.has_ratings
            as has_strengths,
        values_seen.has_splits,
        values_seen.fold_count

    from raw_files
    cross join values_seen

),

-- No rows if the scale is known. Otherwise rating_rule rejects ratings as off
-- the scale only at an end that a var declares.
ratings_to_scale as (

    select
        stg_ratings.*,

        {{ var_as_double('rating_min') }} as rating_min,
        {{ var_as_double('rating_max') }} as rating_max,
        {{ var_as_double('rating_step') }} as rating_step,
        scale_known.has_times,
        scale_known.has_ratings,
        scale_known.has_strengths,
        scale_known.has_splits

    from stg_ratings
    cross join scale_known
    where scale_known.rating_min is null and scale_known.has_ratings

),

values_counted as (

    select
        rating,

        count(*) as rating_count

    from ratings_to_scale
    where
        {{ rating_rule() }} is null
        and rating > double('-infinity')
        and rating < double('infinity')
    group by rating

),

-- For each value: the share of the ratings up to it, and the next higher value.
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

-- If the lower and the upper quartile are equal, too many ratings would be
-- relevant, so the next higher value replaces the upper quartile.
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
            {{ var_as_double('rating_min') }},
            scale_known.rating_min,
            quartiles_seen.rating_min
        ) as rating_min,
        coalesce(
            {{ var_as_double('rating_max') }},
            scale_known.rating_max,
            quartiles_seen.rating_max
        ) as rating_max,
        coalesce(
            {{ var_as_double('rating_step') }},
            if({{ is_declared }}, null, scale_known.rating_step)
        ) as rating_step,

        quartiles_seen.upper_quartile,

        scale_known.rating_min is not null
        and not {{ is_declared }} as is_movielens,
        scale_known.has_times,
        scale_known.has_ratings,
        scale_known.has_strengths,
        scale_known.has_splits,
        scale_known.fold_count

    from scale_known
    cross join quartiles_seen

),

-- For MovieLens, 4 of 5 stars, as in the literature. If no scale is declared, a
-- quartile is used, because outliers change the range but not a quartile.
relevance_chosen as (

    select
        rating_min,
        rating_max,
        rating_step,
        coalesce(
            {{ var_as_double('relevant_rating') }},
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
        has_ratings,
        has_strengths,
        has_splits,
        fold_count,
        has_ratings
        and not is_movielens
        and not {{ is_declared }}
        and {{ var_as_double('relevant_rating') }} is null
            as is_relevance_inferred

    from scale_chosen

)

select * from relevance_chosen
