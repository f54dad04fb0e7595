with

int_fit_rows as (

    select * from {{ ref('int_fit_rows') }}

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
        int_fit_rows.protocol,
        int_fit_rows.fold,
        int_fit_rows.user_id,
        int_fit_rows.movie_id,

        int_fit_rows.split,
        int_fit_rows.rating,
        int_fit_rows.rating
        - user_biases.global_mean
        - user_biases.bias
        - movie_biases.bias as residual,

        int_fit_rows.is_relevant

    from int_fit_rows
    inner join user_biases
        on
            int_fit_rows.protocol = user_biases.protocol
            and int_fit_rows.fold = user_biases.fold
            and int_fit_rows.user_id = user_biases.id
    inner join movie_biases
        on
            int_fit_rows.protocol = movie_biases.protocol
            and int_fit_rows.fold = movie_biases.fold
            and int_fit_rows.movie_id = movie_biases.id

)

select * from ratings_debiased
