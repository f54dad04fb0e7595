{#-
    Capped recall at k: relevant movies in the list / min(k, relevant movies of
    the user), so that the ideal list of any length has the value 1 (Liang et
    al. 2018). 0 if the list has no relevant movie; null if the user has no
    relevant movie.
-#}
{% macro capped_recall(hits, relevant, k) -%}
{{ hits }} / nullif(least({{ k }}, {{ relevant }}), 0)
{%- endmacro %}
