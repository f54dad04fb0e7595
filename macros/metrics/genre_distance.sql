{#-
    Distance of two movies: 1 - Jaccard index of their sets of genres.

    Diversity of a list is its mean over the pairs of the list (a list of fewer
    than two movies: null). A pair without any genre: 0.
-#}
{% macro genre_distance(left, right) -%}
coalesce(
    1 - size(array_intersect({{ left }}, {{ right }}))
    / nullif(size(array_union({{ left }}, {{ right }})), 0),
    0
)
{%- endmacro %}
