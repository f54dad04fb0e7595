{#-
    One row per decile of the rows of `relation` with a rating; decile 1 has the
    most ratings. Each row has the number of users or movies, the lowest,
    highest and total number of ratings, and the cumulative share of the ratings
    from decile 1 to this decile.
-#}
{% macro long_tail(relation, key, count_name) -%}
with

rows_with_ratings as (

    select * from {{ relation }}
    where rating_count > 0

),

rows_ranked as (

    select
        rating_count,
        ntile(10) over (
            order by rating_count desc, {{ key }} asc
        ) as decile

    from rows_with_ratings

),

deciles_counted as (

    select
        decile,

        count(*) as {{ count_name }},
        min(rating_count) as min_rating_count,
        max(rating_count) as max_rating_count,
        sum(rating_count) as rating_count

    from rows_ranked
    group by decile

),

deciles_accumulated as (

    select
        *,

        sum(rating_count) over (order by decile)
        / sum(rating_count) over () as cumulative_share

    from deciles_counted

)

select * from deciles_accumulated
{%- endmacro %}
