{#-
    Precision at k: relevant movies in the list / k, even if the list is shorter
    than k. 0 if the list has no relevant movie.

    The caller sets it to null for a user without a relevant movie.
-#}
{% macro precision(hits, k) -%}
{{ hits }} / {{ k }}
{%- endmacro %}
