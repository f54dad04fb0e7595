{#-
    The ndcg whose ideal list has all relevant movies of the user, even if they
    are more than k: the sum of 1 / log2(rank + 1) over the relevant movies in
    the list, divided by the same sum over the ranks 1 to the number of relevant
    movies of the user (Ferrari Dacrema et al. 2021).

    Aggregates over the movies of a list. 0 if the list has no relevant movie;
    null if the user has no relevant movie.
-#}
{% macro ndcg_with_full_ideal(is_relevant, rank, relevant) -%}
{{ ndcg(is_relevant, rank, relevant, relevant) }}
{%- endmacro %}
