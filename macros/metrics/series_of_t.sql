{#-
    Sum of the first `terms` terms of a series that student_t_p_value uses:
    1 + (2 + s)/(3 + s) c + (2 + s)(4 + s)/((3 + s)(5 + s)) c² + …, where c is
    df/(df + t²) and s is `shift`.
-#}
{% macro series_of_t(t, df, shift, terms) -%}
if(
    {{ terms }} < 1,
    0d,
    aggregate(
        sequence(1, cast({{ terms }} as int)),
        named_struct('term', 1d, 'total', 0d),
        (state, i) -> named_struct(
            'term',
            state.term * (2 * i + {{ shift }}) / (2 * i + 1 + {{ shift }})
            * {{ df }} / ({{ df }} + {{ t }} * {{ t }}),
            'total',
            state.total + state.term
        ),
        state -> state.total
    )
)
{%- endmacro %}
