with

-- Test rows are excluded, so that they influence no choice of parameters.
rating_splits as (

    select * from {{ ref('rating_splits') }}
    where
        protocol = '{{ var("tuning_protocol") }}'
        and fold = 0
        and split in ('train', 'validation')

),

ratings_counted as (

    select count(*) as rating_count from rating_splits

),

-- If there are many ratings, keep those of a share of the users, chosen by a
-- hash.
ratings_tuned as (

    select
        protocol,
        fold,
        user_id,
        movie_id,

        split,
        rating,
        strength,

        is_relevant

    from rating_splits
    cross join ratings_counted
    where
        {{ hash_fraction(['user_id']) }}
        < {{ var('tuning_rating_limit') }} / rating_count

),

ratings_trained as (

    select * from ratings_tuned
    where split = 'train'

),

biases as (

    {{ damped_biases('ratings_trained') | indent(4) }}

),

global_means as (

    {{ global_means('biases') | indent(4) }}

),

ratings_debiased as (

    select
        ratings_tuned.protocol,
        ratings_tuned.fold,
        ratings_tuned.user_id,
        ratings_tuned.movie_id,

        ratings_tuned.split,
        ratings_tuned.rating,
        ratings_tuned.strength,
        ratings_tuned.rating
        - global_means.global_mean
        - coalesce(user_side.bias, 0)
        - coalesce(movie_side.bias, 0) as residual,

        ratings_tuned.is_relevant

    from ratings_tuned
    left join global_means using (protocol, fold)
    {{ join_sides('ratings_tuned', 'biases', 'left') | indent(4) }}

)

select * from ratings_debiased
