{#-
    Select the global mean of each protocol and fold from `biases`, a relation
    like rating_biases, whose rows of a fold all have the same global mean.
-#}
{% macro global_means(biases) -%}
select
    protocol,
    fold,

    max(global_mean) as global_mean

from {{ biases }}
group by protocol, fold
{%- endmacro %}
