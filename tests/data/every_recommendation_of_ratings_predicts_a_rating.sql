-- Fails for a recommendation without a predicted rating if the data has
-- ratings. If it has events, no rating is predicted.

with

recommendations as (

    select * from {{ ref('recommendations') }}

),

int_rating_scale as (

    select * from {{ ref('int_rating_scale') }}

),

ratings_missing as (

    select
        recommendations.user_id,
        recommendations.rank

    from recommendations
    cross join int_rating_scale
    where
        recommendations.predicted_rating is null
        and int_rating_scale.has_ratings

)

select * from ratings_missing
