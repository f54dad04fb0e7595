{#-
    Algorithm for a use: the one that the var names, such as ranking_algorithm;
    for auto, the one whose best trial has the lowest error. Only trials that
    meet the condition count. The default serves if there are no trials; the
    defaults did well on many data sets.
-#}
{%- macro best_algorithm(use, condition, default) -%}
coalesce(
    nullif('{{ var(use ~ "_algorithm") }}', 'auto'),
    min_by(algorithm, struct(error, algorithm)) filter (
        where {{ condition }}
    ),
    '{{ default }}'
) as {{ use }}_algorithm
{%- endmacro -%}
