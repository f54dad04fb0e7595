{#-
    Recall: relevant movies in the list / relevant movies of the user.

    A user without a relevant movie has no recall: null.
-#}
{% macro recall(hits, relevant) -%}
{{ hits }} / nullif({{ relevant }}, 0)
{%- endmacro %}
