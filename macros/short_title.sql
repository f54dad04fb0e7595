{#-
    A title as one says it: `Rock, The (1996)` becomes `The Rock`.
-#}
{% macro short_title(title) -%}
regexp_replace(
    regexp_replace({{ title }}, ' *[(][0-9]{4}[)] *$', ''),
    '^(.*), (The|An?)$',
    '$2 $1'
)
{%- endmacro %}
