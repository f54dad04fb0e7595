{#-
    Ticks per second of an epoch number: 1, 1e3, 1e6 or 1e9, whichever puts the
    time between the vars rated_at_from and rated_at_before; null if none does.
-#}
{% macro epoch_ticks(number) -%}
{%- set range -%}
between unix_timestamp(timestamp '{{ var("rated_at_from") }}')
and unix_timestamp(timestamp '{{ var("rated_at_before") }}')
{%- endset -%}
case
    when {{ number }} {{ range }} then 1
    when {{ number }} / 1000 {{ range }} then 1000
    when {{ number }} / 1000000 {{ range }} then 1000000
    when {{ number }} / 1000000000 {{ range }} then 1000000000
end
{%- endmacro %}
