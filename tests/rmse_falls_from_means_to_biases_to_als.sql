-- The order that the MovieLens releases show, by an ordinary split: biases
-- beat every mean, and ALS on their residuals beats the biases. Other data may
-- say otherwise: with REELHOUSE_DATA set, the var
-- expect_movielens_order asks for this test.
{{ config(
    enabled=var('expect_movielens_order', env_var('REELHOUSE_DATA', '') == '')
) }}

with

model_comparison as (

    select *
    from {{ ref('model_comparison') }}
    where protocol = 'random'

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

    select *
    from errors
    where
        not coalesce(
            als_residual < damped_bias and damped_bias < best_mean, false
        )

)

select * from orders_broken
