with

fit_rows as (

    {{ fit_rows() | indent(4) }}

),

rating_biases as (

    select * from {{ ref('rating_biases') }}

),

ratings_debiased as (

    select
        fit_rows.protocol,
        fit_rows.fold,
        fit_rows.user_id,
        fit_rows.movie_id,

        fit_rows.split,
        fit_rows.rating,
        fit_rows.strength,
        fit_rows.rating
        - user_side.global_mean
        - user_side.bias
        - movie_side.bias as residual,

        fit_rows.is_relevant

    from fit_rows
    {{ join_sides('fit_rows', 'rating_biases') | indent(4) }}

)

select * from ratings_debiased
