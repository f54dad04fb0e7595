{#-
    Recall: relevant movies in the list / relevant movies of the user. 0 if the
    list has no relevant movie; null if the user has no relevant movie.
-#}
{% macro recall(hits, relevant) -%}
{{ hits }} / nullif({{ relevant }}, 0)
{%- endmacro %}
