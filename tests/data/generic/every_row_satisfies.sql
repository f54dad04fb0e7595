{#-
    Fails for every row that breaks one of the conditions. As in a check
    constraint, a condition that is null is not broken.
-#}
{% test every_row_satisfies(model, conditions) %}

select *
from {{ model }}
where
    {% for condition in conditions -%}
    {{ 'or ' if not loop.first }}not ({{ condition }})
    {% endfor %}

{% endtest %}
