{#-
    The expression, moved to the nearest end of the rating scale if off it.

    Reads rating_min and rating_max of int_rating_scale.
-#}
{% macro clipped_rating(expression) -%}
greatest(rating_min, least(rating_max, {{ expression }}))
{%- endmacro %}
