{#-
    Novelty: mean of -log2(p) over the movies of a list, in bits, where p is the
    share of the users in the fit who rated the movie.

    Aggregates over the movies of a list; null for an empty list.
-#}
{% macro novelty(movie_users, users) -%}
avg(-log2({{ movie_users }} / {{ users }}))
{%- endmacro %}
