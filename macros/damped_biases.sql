{#-
    Global mean, and damped biases of movies and users, of `ratings`: a relation
    with protocol, fold, user_id, movie_id, split and rating. Users that are
    folded in have a bias, and no part in the mean and in the movies'.
-#}
{% macro damped_biases(ratings) -%}
with

algorithms as (

    select * from {{ ref('algorithms') }}

),

damping as (

    select reg
    from algorithms
    where algorithm = 'damped_bias'

),

global_means as (

    select
        protocol,
        fold,

        avg(rating) as global_mean

    from {{ ratings }}
    where split <> 'fold_in'
    group by protocol, fold

),

ratings_centred as (

    select
        {{ ratings }}.*,

        global_means.global_mean,
        {{ ratings }}.rating - global_means.global_mean as deviation,
        damping.reg

    from {{ ratings }}
    inner join global_means using (protocol, fold)
    cross join damping

),

movie_biases as (

    select
        protocol,
        fold,
        'movie' as side,
        movie_id as id,

        count(*) as rating_count,
        avg(rating) as mean_rating,
        sum(deviation) / (count(*) + max(reg)) as bias,
        max(global_mean) as global_mean

    from ratings_centred
    where split <> 'fold_in'
    group by protocol, fold, movie_id

),

-- What the movies leave unexplained of a user's ratings.
user_biases as (

    select
        ratings_centred.protocol,
        ratings_centred.fold,
        'user' as side,
        ratings_centred.user_id as id,

        count(*) as rating_count,
        avg(ratings_centred.rating) as mean_rating,
        sum(ratings_centred.deviation - coalesce(movie_biases.bias, 0))
        / (count(*) + max(ratings_centred.reg)) as bias,
        max(ratings_centred.global_mean) as global_mean

    from ratings_centred
    left join movie_biases
        on
            ratings_centred.protocol = movie_biases.protocol
            and ratings_centred.fold = movie_biases.fold
            and ratings_centred.movie_id = movie_biases.id
    group by
        ratings_centred.protocol, ratings_centred.fold, ratings_centred.user_id

),

biases_combined as (

    select * from movie_biases
    union all
    select * from user_biases

)

select * from biases_combined
{%- endmacro %}
