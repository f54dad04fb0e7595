{#-
    Select the algorithm for a use: the algorithm that the var names, such as
    ranking_algorithm. If the var is auto, it is the algorithm whose best trial
    has the lowest value in the column `error`, among the trials that meet the
    condition. If there are none, it is the default. The defaults did well on
    many data sets.
-#}
{%- macro best_algorithm(use, error, condition, default) -%}
coalesce(
    nullif('{{ var(use ~ "_algorithm") }}', 'auto'),
    min_by(algorithm, struct({{ error }}, algorithm)) filter (
        where {{ condition }}
    ),
    '{{ default }}'
) as {{ use }}_algorithm
{%- endmacro -%}
