{#-
    Two-sided p-value of Student's t with `df` degrees of freedom, a whole
    number from 1, by the finite series of Abramowitz & Stegun 26.7.3 and
    26.7.4. Rounding makes p-values below about 1e-15 zero.
-#}
{% macro student_t_p_value(t, df) -%}
greatest(
    0d,
    1 - case
        when {{ df }} % 2 = 1
            then 2 / pi() * (
                atan(abs({{ t }}) / sqrt({{ df }}))
                + abs({{ t }}) * sqrt({{ df }})
                / ({{ df }} + {{ t }} * {{ t }})
                * {{ series_of_t(t, df, 0, '(' ~ df ~ ' - 1) / 2') }}
            )
        else
            abs({{ t }}) / sqrt({{ df }} + {{ t }} * {{ t }})
            * {{ series_of_t(t, df, -1, df ~ ' / 2') }}
    end
)
{%- endmacro %}
