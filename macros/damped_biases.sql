{#-
    Global mean and damped biases of the movies and users in `ratings`, a
    relation with the columns protocol, fold, user_id, movie_id, split and
    rating. One row per protocol, fold, side and id.

    Bias of a movie: sum of (rating - global mean) / (ratings + damping). Bias
    of a user: sum of (rating - global mean - bias of the movie) / (ratings +
    damping). Folded-in users get a bias, but their ratings count neither in the
    global mean nor in the biases of movies.
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

movie_sums as (

    select
        protocol,
        fold,
        movie_id,

        count(*) as rating_count,
        sum(rating) as rating_sum

    from {{ ratings }}
    where split <> 'fold_in'
    group by protocol, fold, movie_id

),

global_means as (

    select
        protocol,
        fold,

        sum(rating_sum) / sum(rating_count) as global_mean

    from movie_sums
    group by protocol, fold

),

movie_biases as (

    select
        movie_sums.protocol,
        movie_sums.fold,
        'movie' as side,
        movie_sums.movie_id as id,

        movie_sums.rating_count,
        movie_sums.rating_sum / movie_sums.rating_count as mean_rating,
        (
            movie_sums.rating_sum
            - movie_sums.rating_count * global_means.global_mean
        )
        / (movie_sums.rating_count + damping.reg) as bias,
        global_means.global_mean

    from movie_sums
    inner join global_means using (protocol, fold)
    cross join damping

),

-- The hint is needed because Spark cannot estimate how few movies there are.
user_sums as (

    select /*+ broadcast(movie_biases) */
        {{ ratings }}.protocol,
        {{ ratings }}.fold,
        {{ ratings }}.user_id,

        count(*) as rating_count,
        sum({{ ratings }}.rating) as rating_sum,
        sum(coalesce(movie_biases.bias, 0)) as movie_bias_sum

    from {{ ratings }}
    left join movie_biases
        on
            {{ ratings }}.protocol = movie_biases.protocol
            and {{ ratings }}.fold = movie_biases.fold
            and {{ ratings }}.movie_id = movie_biases.id
    group by
        {{ ratings }}.protocol, {{ ratings }}.fold, {{ ratings }}.user_id

),

user_biases as (

    select
        user_sums.protocol,
        user_sums.fold,
        'user' as side,
        user_sums.user_id as id,

        user_sums.rating_count,
        user_sums.rating_sum / user_sums.rating_count as mean_rating,
        (
            user_sums.rating_sum
            - user_sums.rating_count * global_means.global_mean
            - user_sums.movie_bias_sum
        )
        / (user_sums.rating_count + damping.reg) as bias,
        global_means.global_mean

    from user_sums
    inner join global_means using (protocol, fold)
    cross join damping

),

biases_combined as (

    select * from movie_biases
    union all
    select * from user_biases

)

select * from biases_combined
{%- endmacro %}
