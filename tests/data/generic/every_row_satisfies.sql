{#-
    Fails for each row for which one of the conditions is false. As in a SQL
    check constraint, a condition that is null passes.
-#}
{% test every_row_satisfies(model, conditions) %}

select *
from {{ model }}
where
    {% for condition in conditions -%}
    {{ 'or ' if not loop.first }}not ({{ condition }})
    {% endfor %}

{% endtest %}
