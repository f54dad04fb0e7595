with

fit_rows as (

    select * from {{ ref('rating_splits') }}
    where split <> 'test'

),

rating_biases as (

    select * from {{ ref('rating_biases') }}

),

user_biases as (

    select * from rating_biases
    where side = 'user'

),

movie_biases as (

    select * from rating_biases
    where side = 'movie'

),

ratings_debiased as (

    select
        fit_rows.protocol,
        fit_rows.fold,
        fit_rows.user_id,
        fit_rows.movie_id,

        fit_rows.split,
        fit_rows.rating,
        fit_rows.rating
        - user_biases.global_mean
        - user_biases.bias
        - movie_biases.bias as residual,

        fit_rows.is_relevant

    from fit_rows
    inner join user_biases
        on
            fit_rows.protocol = user_biases.protocol
            and fit_rows.fold = user_biases.fold
            and fit_rows.user_id = user_biases.id
    inner join movie_biases
        on
            fit_rows.protocol = movie_biases.protocol
            and fit_rows.fold = movie_biases.fold
            and fit_rows.movie_id = movie_biases.id

)

select * from ratings_debiased
