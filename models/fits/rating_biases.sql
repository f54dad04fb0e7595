{#- Spark cannot estimate how few movies there are. #}
{%- set hint = '/*+ broadcast(movie_biases) */' -%}
with

fit_rows as (

    {{ fit_rows(only_all=var('update')) | indent(4) }}

),

movie_biases as (

    {{ movie_biases('fit_rows') | indent(4) }}

),

user_biases as (

    {{ user_biases('fit_rows', 'movie_biases', hint) | indent(4) }}

),

biases_combined as (

    select * from movie_biases
    union all
    select * from user_biases

)

select * from biases_combined
