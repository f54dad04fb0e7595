{#-
    Fails for each row for which one of the conditions is false. As in a SQL
    check constraint, a condition that is null passes.

    With `seed`, the path of a file that people edit, the failure is an error
    that names the file, the row by `row_name` (an expression), and the
    condition.
-#}
{% test every_row_satisfies(model, conditions, seed=none, row_name=none) %}

select *
from {{ model }}
where
    {% for condition in conditions -%}
    {{ 'or ' if not loop.first }}
    {%- if seed -%}
    {%- set advice = ': this condition is false: ' ~ condition
        ~ '. Correct the row, then build again.' -%}
    if(
        not ({{ condition }}),
        cast(raise_error(concat(
            '{{ seed }}, row ', {{ row_name }},
            '{{ advice | replace("'", "\\'") }}'
        )) as boolean),
        false
    )
    {%- else -%}
    not ({{ condition }})
    {%- endif %}
    {% endfor %}

{% endtest %}
