{#-
    Reciprocal rank: 1 / rank of the first relevant movie in the list.

    An aggregate over the list. Nothing relevant in the list: 0.
-#}
{% macro reciprocal_rank(is_relevant, rank) -%}
coalesce(1d / min(case when {{ is_relevant }} then {{ rank }} end), 0d)
{%- endmacro %}
