{#- The texts of an array in a sentence: `a`, `a and b`, or `a, b and c`. -#}
{% macro joined_words(texts) -%}
concat_ws(
    ' and ',
    nullif(array_join(slice({{ texts }}, 1, size({{ texts }}) - 1), ', '), ''),
    element_at({{ texts }}, -1)
)
{%- endmacro %}
