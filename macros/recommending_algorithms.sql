{#-
    SQL list of the two algorithms that make the table recommendations: one ranks
    the movies, and the other predicts the ratings.
-#}
{% macro recommending_algorithms() -%}
('{{ var("ranking_algorithm") }}', '{{ var("rating_algorithm") }}')
{%- endmacro %}
