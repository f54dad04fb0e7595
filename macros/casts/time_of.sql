{#-
    The time in a text; null for other texts. If the var rated_at_format is set,
    it is the pattern of all times. Otherwise a time is an epoch number, a time
    like 2005-04-02 23:53:47, a date in the order that all dates share, or a
    time with the name of the month.
    Requires the columns of stg_value_formats.
-#}
{% macro time_of(text) -%}
{%- if var('rated_at_format') -%}
{%- set pattern = var('rated_at_format') | replace("'", "\\'") -%}
try_to_timestamp(trim({{ text }}), '{{ pattern }}')
{%- else -%}
case
    when {{ text }} rlike '^\\s*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}'
        then try_cast({{ text }} as timestamp)
    else coalesce(
        timestamp_micros(
            try_cast(
                {{ epoch_number(text) }} * (1e6 / ticks_per_second) as bigint
            )
        ),
        try_to_timestamp(
            translate(trim({{ text }}), '.-,', '//'),
            date_order || '[ h:mm[:ss] a][ H:mm[:ss]]'
        ),
        {{ time_with_month_name(text) }}
    )
end
{%- endif -%}
{%- endmacro %}
