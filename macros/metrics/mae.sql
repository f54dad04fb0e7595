{#-
    Mean absolute error of the predictions, in rating points.

    An aggregate over test rows, fallbacks included. No row: null.
-#}
{% macro mae(rating, prediction) -%}
avg(abs({{ rating }} - {{ prediction }}))
{%- endmacro %}
