with

interactions as (

    select * from {{ ref('interactions') }}

),

rating_splits as (

    select * from {{ ref('rating_splits') }}

),

-- No test row, so that nothing is chosen by it.
ratings_tuned as (

    select
        rating_splits.protocol,
        rating_splits.fold,
        rating_splits.user_id,
        rating_splits.movie_id,
        rating_splits.split,

        interactions.rating

    from rating_splits
    inner join interactions using (user_id, movie_id)
    where
        rating_splits.protocol = '{{ var("tuning_protocol") }}'
        and rating_splits.fold = 0
        and rating_splits.split in ('train', 'validation')

),

ratings_trained as (

    select * from ratings_tuned
    where split = 'train'

),

biases as (

    {{ damped_biases('ratings_trained') | indent(4) }}

),

global_means as (

    select max(global_mean) as global_mean from biases

),

ratings_debiased as (

    select
        ratings_tuned.protocol,
        ratings_tuned.fold,
        ratings_tuned.user_id,
        ratings_tuned.movie_id,

        ratings_tuned.split,
        ratings_tuned.rating,
        ratings_tuned.rating
        - global_means.global_mean
        - coalesce(user_biases.bias, 0)
        - coalesce(movie_biases.bias, 0) as residual

    from ratings_tuned
    cross join global_means
    left join biases as user_biases
        on
            ratings_tuned.user_id = user_biases.id
            and user_biases.side = 'user'
    left join biases as movie_biases
        on
            ratings_tuned.movie_id = movie_biases.id
            and movie_biases.side = 'movie'

)

select * from ratings_debiased
