{#- The algorithms that people read, as a list: who ranks, and who predicts. -#}
{% macro algorithms_read() -%}
('{{ var("ranking_algorithm") }}', '{{ var("rating_algorithm") }}')
{%- endmacro %}
