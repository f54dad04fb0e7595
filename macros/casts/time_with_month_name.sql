{#-
    The time in a text that names the month in English, such as 2-Apr-2005,
    April 2, 2005 10:30 PM or Sat Apr 02 23:53:47 +0000 2005; null for other
    texts. The name of the weekday and the signs around the month do not matter.
-#}
{% macro time_with_month_name(text) -%}
{%- set months = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec' -%}
{%- set steps = [
    ('^\\\\s*(mon|tue|wed|thu|fri|sat|sun)[a-z]*\\\\s+', ''),
    ('[-/ ]*\\\\b(' ~ months ~ ')[a-z]*[-/ ]*', ' $1 '),
    ('(?<=[0-9])([ap]m)\\\\b', ' $1'),
    ('\\\\b(gmt|utc)\\\\b', '+0000'),
    ('\\\\s+', ' '),
] -%}
{%- set ns = namespace(words="translate(" ~ text ~ ", ',.', '  ')") -%}
{%- for pattern, replacement in steps -%}
    {%- set ns.words -%}
    regexp_replace({{ ns.words }}, '(?i){{ pattern }}', '{{ replacement }}')
    {%- endset -%}
{%- endfor -%}
{%- set time = '[ h:mm[:ss] a][ H:mm[:ss]][ Z]' -%}
case
    when {{ text }} rlike '(?i)\\b({{ months }})'
        then coalesce(
            try_to_timestamp(
                trim({{ ns.words }}), 'MMM d[ yyyy]{{ time }}[ yyyy]'
            ),
            try_to_timestamp(trim({{ ns.words }}), 'd MMM yyyy{{ time }}')
        )
end
{%- endmacro %}
