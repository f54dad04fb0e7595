{#- The algorithms that people read, as an SQL list: who ranks, who predicts. -#}
{% macro algorithms_read() -%}
('{{ var("ranking_algorithm") }}', '{{ var("rating_algorithm") }}')
{%- endmacro %}
