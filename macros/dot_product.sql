{#-
    Dot product of two arrays of equal length, in double precision.
-#}
{% macro dot_product(left, right) -%}
aggregate(
    zip_with({{ left }}, {{ right }}, (x, y) -> cast(x as double) * y),
    cast(0 as double),
    (total, term) -> total + term
)
{%- endmacro %}
