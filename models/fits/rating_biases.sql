with

int_fit_rows as (

    select * from {{ ref('int_fit_rows') }}

),

biases_damped as (

    {{ damped_biases('int_fit_rows') | indent(4) }}

)

select * from biases_damped
