{#-
    Gini coefficient of how often each of `movie_count` movies is listed, from 0,
    all alike, to 1. An aggregate over the `listed_count` movies that are listed at
    all, where `position` counts them from the rarest, 1, to the most frequent.
-#}
{% macro gini(count, position, listed_count, movie_count) -%}
sum(
    (
        2 * ({{ movie_count }} - {{ listed_count }} + {{ position }})
        - {{ movie_count }} - 1
    ) * {{ count }}
) / (max({{ movie_count }}) * sum({{ count }}))
{%- endmacro %}
