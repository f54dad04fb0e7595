{#-
    Name of the algorithm for a use: the algorithm that the var names, such as
    ranking_algorithm. If the var is auto, it is the algorithm with the lowest
    value of the expression `error`, among the rows with is_candidate that meet
    the condition. If there are none, it is the default. The defaults did well on
    many data sets.
-#}
{%- macro best_algorithm(use, error, condition, default) -%}
coalesce(
    nullif('{{ var(use ~ "_algorithm") }}', 'auto'),
    min_by(
        algorithm,
        if(
            is_candidate and {{ condition }},
            struct({{ error }}, algorithm),
            null
        )
    ) over (),
    '{{ default }}'
) as {{ use }}_algorithm
{%- endmacro -%}
