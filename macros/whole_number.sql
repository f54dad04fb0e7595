{#-
    The whole number that a text writes, as in 31, 31.0 and 3.1E1; else null.

    Without a decimal point, 4E10 is a product's code rather than a number. A
    double from 2^53 up has lost its last digits, and may stand for several ids.
-#}
{% macro whole_number(text) -%}
{%- set number = 'try_cast(' ~ text ~ ' as double)' -%}
coalesce(
    try_cast({{ text }} as bigint),
    -- A cast that fails costs more than to look first.
    case
        when
            {{ text }}
            rlike '^\\s*[-+]?[0-9]+[.][0-9]*([eE][-+]?[0-9]+)?\\s*$'
            then case
                when
                    {{ number }} = floor({{ number }})
                    and abs({{ number }}) < 9007199254740992
                    then cast({{ number }} as bigint)
            end
    end
)
{%- endmacro %}
