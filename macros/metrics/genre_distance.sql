{#-
    Genre distance of two movies: 1 - Jaccard index of their sets of genres.
    0 if neither movie has a genre.

    The diversity of a list is the mean distance over its pairs of movies.
-#}
{% macro genre_distance(left, right) -%}
coalesce(
    1 - size(array_intersect({{ left }}, {{ right }}))
    / nullif(size(array_union({{ left }}, {{ right }})), 0),
    0
)
{%- endmacro %}
