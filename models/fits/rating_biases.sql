with

int_ratings_fitted as (

    select * from {{ ref('int_ratings_fitted') }}

),

biases_damped as (

    {{ damped_biases('int_ratings_fitted') | indent(4) }}

)

select * from biases_damped
