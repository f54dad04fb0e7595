-- The order that the MovieLens releases show, by an ordinary split: biases
-- beat every mean, and ALS on their residuals beats the biases. Other data may
-- say otherwise.

with

model_comparison as (

    select *
    from {{ ref('model_comparison') }}
    where protocol = 'random'

),

releases as (

    select * from {{ ref('raw_release') }}
    where role = 'ratings' and data like 'ml-%'

),

errors as (

    select
        max(rmse) filter (where algorithm = 'als_residual') as als_residual,
        max(rmse) filter (where algorithm = 'damped_bias') as damped_bias,
        min(rmse) filter (
            where algorithm in ('global_mean', 'user_mean', 'movie_mean')
        ) as best_mean

    from model_comparison

),

orders_broken as (

    select errors.*
    from errors
    cross join releases
    -- Null where one is not fitted: another test asks why.
    where not (als_residual < damped_bias and damped_bias < best_mean)

)

select * from orders_broken
