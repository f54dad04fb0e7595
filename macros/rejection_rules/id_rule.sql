{#-
    Name of the first rule that the id of a side (`user` or `movie`) breaks;
    null for a valid id. Requires the columns <side>_id and raw_<side>_id.
-#}
{% macro id_rule(side) -%}
case
    when {{ side }}_id >= 0 then null
    when {{ side }}_id < 0 then '{{ side }}_id_negative'
    when {{ is_missing('raw_' ~ side ~ '_id') }} then '{{ side }}_id_missing'
    else '{{ side }}_id_not_an_integer'
end
{%- endmacro %}
