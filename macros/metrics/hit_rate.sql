{#- Hit rate: 1 if the list has a relevant movie, else 0. -#}
{% macro hit_rate(hits) -%}
case when {{ hits }} > 0 then 1d else 0d end
{%- endmacro %}
