{#-
    Precision: relevant movies in the list / k.

    A list shorter than k is divided by k all the same. Nothing relevant in the
    list: 0.
-#}
{% macro precision(hits, k) -%}
{{ hits }} / {{ k }}
{%- endmacro %}
