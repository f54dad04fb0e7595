{#-
    Gini coefficient of the number of lists that contain a movie, over
    `movie_count` movies: 0 if all are listed equally often, near 1 if a few
    movies fill all lists.

    Aggregates over the `listed_count` movies that are in at least one list;
    `position` is the rank of a movie by `count`, from 1 for the lowest count.
    Movies in no list have the count 0.
-#}
{% macro gini(count, position, listed_count, movie_count) -%}
sum(
    (
        2 * ({{ movie_count }} - {{ listed_count }} + {{ position }})
        - {{ movie_count }} - 1
    ) * {{ count }}
) / (max({{ movie_count }}) * sum({{ count }}))
{%- endmacro %}
