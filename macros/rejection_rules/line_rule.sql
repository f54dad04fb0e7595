{#-
    Name of the rule that the line of a row breaks; null for a valid line.
    Requires the columns is_utf8 and malformed_line.
-#}
{% macro line_rule() -%}
case
    when not is_utf8 then 'not_utf8'
    when malformed_line is not null then 'line_malformed'
end
{%- endmacro %}
