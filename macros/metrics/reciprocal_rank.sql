{#-
    Reciprocal rank: 1 / rank of the first relevant movie in the list.

    Aggregates over the movies of a list. 0 if the list has no relevant movie;
    the caller sets it to null for a user without a relevant movie.
-#}
{% macro reciprocal_rank(is_relevant, rank) -%}
coalesce(1d / min(case when {{ is_relevant }} then {{ rank }} end), 0d)
{%- endmacro %}
