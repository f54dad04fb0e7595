{#-
    Sum of x_i * y_i of two arrays of equal length, in double precision.

    A prediction is a join and a dot product: Spark and DuckDB compute it alike.
-#}
{% macro dot_product(left, right) -%}
aggregate(
    zip_with({{ left }}, {{ right }}, (x, y) -> cast(x as double) * y),
    cast(0 as double),
    (total, term) -> total + term
)
{%- endmacro %}
