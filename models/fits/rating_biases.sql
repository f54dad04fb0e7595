with

fit_rows as (

    select * from {{ ref('rating_splits') }}
    where split <> 'test'

),

biases_damped as (

    {{ damped_biases('fit_rows') | indent(4) }}

)

select * from biases_damped
