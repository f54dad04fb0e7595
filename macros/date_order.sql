{#-
    Order of the numbers in a date such as 8/23/2012 or 23.08.2012, as a pattern
    with slashes; null if these are not the numbers of a date, or if the day and
    the month cannot be told apart. `numbers`: an array of texts.
-#}
{% macro date_order(numbers) -%}
{%- set number = [
    'try_cast(' ~ numbers ~ '[0] as int)',
    'try_cast(' ~ numbers ~ '[1] as int)',
    'try_cast(' ~ numbers ~ '[2] as int)',
] -%}
case
    when size({{ numbers }}) <> 3 then null
    when
        {{ number[0] }} between 1000 and 9999
        and {{ number[1] }} between 1 and 12
        and {{ number[2] }} between 1 and 31
        then 'yyyy/M/d'
    when {{ number[2] }} not between 1000 and 9999 then null
    when
        {{ number[0] }} between 13 and 31
        and {{ number[1] }} between 1 and 12
        then 'd/M/yyyy'
    when
        {{ number[0] }} between 1 and 12
        and {{ number[1] }} between 13 and 31
        then 'M/d/yyyy'
end
{%- endmacro %}
