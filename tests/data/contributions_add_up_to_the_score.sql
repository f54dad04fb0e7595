-- Fails for a recommendation whose score differs from the sum of its
-- contributions in recommendation_explanations by more than 0.01 %. Factors are
-- float32, so the sums agree to about six digits. The lists of users without a
-- rating, and new items, have no explanations.

with

interactions as (

    select * from {{ ref('interactions') }}

),

recommendations as (

    select recommendations.*
    from {{ ref('recommendations') }} as recommendations
    left semi join interactions using (user_id)
    where recommendations.strategy <> 'new item'

),

recommendation_explanations as (

    select * from {{ ref('recommendation_explanations') }}

),

contributions_summed as (

    select
        user_id,
        movie_id,

        sum(contribution) as contribution

    from recommendation_explanations
    group by user_id, movie_id

),

scores_not_reached as (

    select
        recommendations.user_id,
        recommendations.movie_id,

        recommendations.score,
        contributions_summed.contribution

    from recommendations
    left join contributions_summed using (user_id, movie_id)
    where
        contributions_summed.contribution is null
        or abs(contributions_summed.contribution - recommendations.score)
        > 1e-4 * abs(recommendations.score)

)

select * from scores_not_reached
