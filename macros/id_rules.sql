{#-
    Branches of a `case` that name what is wrong with the id of a side, `user` or
    `movie`: of the column user_id and its text raw_user_id, for example.
-#}
{% macro id_rules(side) -%}
when {{ side }}_id is null and {{ is_missing('raw_' ~ side ~ '_id') }}
        then '{{ side }}_id_missing'
    when {{ side }}_id is null then '{{ side }}_id_not_an_integer'
    when {{ side }}_id < 0 then '{{ side }}_id_negative'
{%- endmacro %}
