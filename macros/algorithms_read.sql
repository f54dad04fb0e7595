{#-
    SQL list of the two algorithms that make the table recommendations: the one
    that ranks and the one that predicts ratings.
-#}
{% macro algorithms_read() -%}
('{{ var("ranking_algorithm") }}', '{{ var("rating_algorithm") }}')
{%- endmacro %}
