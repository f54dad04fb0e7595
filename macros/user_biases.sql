{#-
    Select the damped biases of the users in `ratings`, a relation with the
    columns protocol, fold, user_id, movie_id and rating. `movie_biases` has the
    rows of the macro movie_biases. One row per protocol, fold and user. `hint` is
    a hint for the join of both; a view needs none, since Spark ignores the hints
    in Iceberg views, and warns.

    Bias: sum of (rating - global mean - bias of the movie) / (ratings +
    damping). Folded-in users get a bias; a movie with folded-in ratings only has
    the bias 0.
-#}
{% macro user_biases(ratings, movie_biases, hint='') -%}
with

global_means as (

    {{ global_means(movie_biases) | indent(4) }}

),

user_sums as (

    select
        {{ hint }} {{ ratings }}.protocol,
        {{ ratings }}.fold,
        {{ ratings }}.user_id,

        count(*) as rating_count,
        sum({{ ratings }}.rating) as rating_sum,
        sum(coalesce({{ movie_biases }}.bias, 0)) as movie_bias_sum

    from {{ ratings }}
    left join {{ movie_biases }}
        on
            {{ ratings }}.protocol = {{ movie_biases }}.protocol
            and {{ ratings }}.fold = {{ movie_biases }}.fold
            and {{ ratings }}.movie_id = {{ movie_biases }}.id
    group by
        {{ ratings }}.protocol, {{ ratings }}.fold, {{ ratings }}.user_id

)

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
    / (user_sums.rating_count + algorithms.reg) as bias,
    global_means.global_mean

from user_sums
inner join global_means using (protocol, fold)
cross join {{ ref('algorithms') }} as algorithms
where algorithms.algorithm = 'damped_bias'
{%- endmacro %}
