{#-
    Select the global mean and the damped biases of the movies in `ratings`, a
    relation with the columns protocol, fold, movie_id, split and rating. One row
    per protocol, fold and movie.

    Bias: sum of (rating - global mean) / (ratings + damping), where the damping
    is `reg` of damped_bias in the seed algorithms. Folded-in ratings do not
    count.
-#}
{% macro movie_biases(ratings) -%}
with

movie_sums as (

    select
        protocol,
        fold,
        movie_id,

        count(*) as rating_count,
        sum(rating) as rating_sum,
        sum(sum(rating)) over (partition by protocol, fold)
        / sum(count(*)) over (partition by protocol, fold) as global_mean

    from {{ ratings }}
    where split <> 'fold_in'
    group by protocol, fold, movie_id

)

select
    movie_sums.protocol,
    movie_sums.fold,
    'movie' as side,
    movie_sums.movie_id as id,

    movie_sums.rating_count,
    movie_sums.rating_sum / movie_sums.rating_count as mean_rating,
    (
        movie_sums.rating_sum
        - movie_sums.rating_count * movie_sums.global_mean
    )
    / (movie_sums.rating_count + algorithms.reg) as bias,
    movie_sums.global_mean

from movie_sums
cross join {{ ref('algorithms') }} as algorithms
where algorithms.algorithm = 'damped_bias'
{%- endmacro %}
