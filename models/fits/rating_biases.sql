with

fit_rows as (

    {{ fit_rows() | indent(4) }}

),

biases_damped as (

    {{ damped_biases('fit_rows') | indent(4) }}

)

select * from biases_damped
