{#-
    Average precision at k: the sum over the relevant movies in the list of the
    precision at their rank, / min(k, relevant movies of the user).

    An aggregate over the list, whose rows carry the running count of hits.
    Nothing relevant in the list: 0. No relevant movie at all: null.
-#}
{% macro average_precision(is_relevant, rank, hits_so_far, relevant, k) -%}
coalesce(
    sum(
        case when {{ is_relevant }} then {{ hits_so_far }} / {{ rank }} end
    ), 0
) / nullif(least({{ k }}, {{ relevant }}), 0)
{%- endmacro %}
