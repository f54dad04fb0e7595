{#-
    Select the sizes of the data, on which the macro skip_reason depends: one row
    per protocol and fold. The most pairs and movies and the fewest likes of any
    fold apply to all folds of a protocol, so that an algorithm is fitted in all
    folds or in none. `rating_count` is that of the protocol `all`.
-#}
{% macro fit_sizes() -%}
with

fit_rows as (

    {{ fit_rows() | indent(4) }}

),

rating_biases as (

    select * from {{ ref('rating_biases') }}
    where side = 'movie'

),

user_likes as (

    select
        protocol,
        fold,
        user_id,

        count_if(is_relevant) as like_count

    from fit_rows
    group by protocol, fold, user_id

),

pair_counts as (

    select
        protocol,
        fold,

        max(sum(like_count * like_count)) over (partition by protocol)
            as pair_count,
        min(sum(like_count)) over (partition by protocol) as least_like_count

    from user_likes
    group by protocol, fold

),

movie_counts as (

    select
        protocol,
        fold,

        max(count(*)) over (partition by protocol) as movie_count,
        sum(if(protocol = 'all', sum(rating_count), null)) over ()
            as rating_count

    from rating_biases
    group by protocol, fold

)

select * from pair_counts
inner join movie_counts using (protocol, fold)
{%- endmacro %}
