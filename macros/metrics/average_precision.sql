{#-
    Average precision at k: sum over the relevant movies in the list of
    hits_so_far / rank, divided by min(k, relevant movies of the user).

    Aggregates over the movies of a list. 0 if the list has no relevant movie;
    null if the user has no relevant movie.
-#}
{% macro average_precision(is_relevant, rank, hits_so_far, relevant, k) -%}
coalesce(
    sum(
        case when {{ is_relevant }} then {{ hits_so_far }} / {{ rank }} end
    ), 0
) / nullif(least({{ k }}, {{ relevant }}), 0)
{%- endmacro %}
