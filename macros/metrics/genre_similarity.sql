{#- Jaccard index of the sets of genres of two movies; 0 if neither has one. -#}
{% macro genre_similarity(left, right) -%}
coalesce(
    size(array_intersect({{ left }}, {{ right }}))
    / nullif(size(array_union({{ left }}, {{ right }})), 0),
    0
)
{%- endmacro %}
