{#-
    Novelty: mean self-information -log2(p) of the movies in the list, in bits,
    where p is the share of the users of the fit who rated the movie.

    An aggregate over the list. An empty list: null.
-#}
{% macro novelty(movie_users, users) -%}
avg(-log2({{ movie_users }} / {{ users }}))
{%- endmacro %}
