{#- Fails for a value that no row of the model has in the column. -#}
{% test has_values(model, column, values) %}

select asked_for.value
from (select explode(array({{ values | join(', ') }})) as value) as asked_for
left anti join {{ model }} on asked_for.value = {{ column }}

{% endtest %}
