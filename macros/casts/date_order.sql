{#-
    Order of the numbers in a text that starts with a date such as 8/23/2012 or
    23.08.2012, as a pattern with slashes; null for another text, or if the day
    and the month cannot be told apart.
-#}
{% macro date_order(text) -%}
{%- set month = '(0?[1-9]|1[0-2])' -%}
{%- set day_above_12 = '(1[3-9]|2[0-9]|3[01])' -%}
case
    when {{ text }} rlike '^\\s*{{ day_above_12 }}[/.-]{{ month }}[/.-][0-9]{4}\\b'
        then 'd/M/yyyy'
    when {{ text }} rlike '^\\s*{{ month }}[/.-]{{ day_above_12 }}[/.-][0-9]{4}\\b'
        then 'M/d/yyyy'
    when {{ text }} rlike '^\\s*[0-9]{4}[/.-]{{ month }}[/.-][0-9]{1,2}\\b'
        then 'yyyy/M/d'
end
{%- endmacro %}
