{#-
    SQL list of the vars that name the algorithms of the tables recommendations
    and similar_movies. `auto` in this list matches no algorithm.
-#}
{% macro named_algorithms() -%}
(
    '{{ var("ranking_algorithm") }}',
    '{{ var("rating_algorithm") }}',
    '{{ var("similarity_algorithm") }}'
)
{%- endmacro %}
