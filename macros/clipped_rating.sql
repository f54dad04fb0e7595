{#-
    The number, clipped to the rating scale. Null and NaN stay as they are, so
    that tests and metrics show that there is no prediction. (`least` and
    `greatest` skip null, and take NaN for the largest number.)

    Requires the columns rating_min and rating_max of int_rating_scale.
-#}
{% macro clipped_rating(number) -%}
case
    when {{ number }} < rating_min then rating_min
    when {{ number }} > rating_max and not isnan({{ number }}) then rating_max
    else {{ number }}
end
{%- endmacro %}
