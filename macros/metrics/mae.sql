{#-
    Mean absolute error: mean of |rating - prediction|, in rating points.

    Aggregates over test rows, fallback predictions included; null without rows.
-#}
{% macro mae(rating, prediction) -%}
avg(abs({{ rating }} - {{ prediction }}))
{%- endmacro %}
