with

int_ratings_fitted as (

    select * from {{ ref('int_ratings_fitted') }}

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
        int_ratings_fitted.protocol,
        int_ratings_fitted.fold,
        int_ratings_fitted.user_id,
        int_ratings_fitted.movie_id,

        int_ratings_fitted.split,
        int_ratings_fitted.rating,
        int_ratings_fitted.rating
        - user_biases.global_mean
        - user_biases.bias
        - movie_biases.bias as residual,

        int_ratings_fitted.is_relevant

    from int_ratings_fitted
    inner join user_biases
        on
            int_ratings_fitted.protocol = user_biases.protocol
            and int_ratings_fitted.fold = user_biases.fold
            and int_ratings_fitted.user_id = user_biases.id
    inner join movie_biases
        on
            int_ratings_fitted.protocol = movie_biases.protocol
            and int_ratings_fitted.fold = movie_biases.fold
            and int_ratings_fitted.movie_id = movie_biases.id

)

select * from ratings_debiased
