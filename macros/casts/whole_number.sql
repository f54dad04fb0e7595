{#-
    The whole number in a text such as 31, 31.0 or 3.1E1; null for other texts.

    4E10, with an exponent and no decimal point, gives null: it is more likely a
    product code. So does a double of 2^53 or more, which has lost its last
    digits, so that several ids would become one.
-#}
{% macro whole_number(text) -%}
{%- set number = 'try_cast(' ~ text ~ ' as double)' -%}
coalesce(
    try_cast({{ text }} as bigint),
    -- The regular expression comes first because a failing cast is slower.
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
