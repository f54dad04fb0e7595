{#-
    Coefficient of determination: 1 - squared error / squared deviation of the
    ratings from their mean. 0 for a constant at that mean; negative if worse.

    An aggregate over test rows, fallbacks included. All ratings equal: null.
-#}
{% macro r2(rating, prediction) -%}
1 - avg(power({{ rating }} - {{ prediction }}, 2))
/ nullif(var_pop({{ rating }}), 0)
{%- endmacro %}
