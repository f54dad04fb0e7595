{#-
    Select users and movies with their decile among the users or movies of the
    fit, by their number of ratings: 1 has the fewest, 10 the most. `relation`
    has the rows of rating_biases.
-#}
{% macro activity_deciles(relation) -%}
select
    protocol,
    fold,
    side,
    id,

    ntile(10) over (
        partition by protocol, fold, side
        order by rating_count, id
    ) as decile

from {{ relation }}
{%- endmacro %}
