{#-
    The expression, clipped to the rating scale.

    Requires the columns rating_min and rating_max of int_rating_scale.
-#}
{% macro clipped_rating(expression) -%}
greatest(rating_min, least(rating_max, {{ expression }}))
{%- endmacro %}
