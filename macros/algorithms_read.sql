{#-
    SQL list of the two algorithms from which the table recommendations is made:
    the algorithm that ranks, and the algorithm that predicts ratings.
-#}
{% macro algorithms_read() -%}
('{{ var("ranking_algorithm") }}', '{{ var("rating_algorithm") }}')
{%- endmacro %}
