{#-
    Cosine of two movies by the users who like them, shrunk towards 0 where they
    are few: both / (sqrt(first · second) + shrinkage).
-#}
{% macro shrunk_cosine(both, first, second, shrinkage) -%}
{{ both }} / (sqrt({{ first }} * {{ second }}) + {{ shrinkage }})
{%- endmacro %}
