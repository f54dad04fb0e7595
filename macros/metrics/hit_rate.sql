{#-
    Hit rate of one user: 1 if the list has a relevant movie, else 0.

    The caller sets it to null for a user without a relevant movie.
-#}
{% macro hit_rate(hits) -%}
case when {{ hits }} > 0 then 1d else 0d end
{%- endmacro %}
