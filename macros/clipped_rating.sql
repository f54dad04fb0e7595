{#- The expression, moved to the nearest end of the rating scale if off it. -#}
{% macro clipped_rating(expression) -%}
greatest(
    cast({{ var('rating_min') }} as double),
    least(cast({{ var('rating_max') }} as double), {{ expression }})
)
{%- endmacro %}
