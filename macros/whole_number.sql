{#-
    The whole number in a text such as 31, 31.0 or 3.1E1; null for other texts.

    4E10 has an exponent but no decimal point, and is taken for a product code.
    A double of 2^53 or more has lost its last digits and may stand for several
    ids.
-#}
{% macro whole_number(text) -%}
{%- set number = 'try_cast(' ~ text ~ ' as double)' -%}
coalesce(
    try_cast({{ text }} as bigint),
    -- A failing cast takes longer than the regular expression.
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
