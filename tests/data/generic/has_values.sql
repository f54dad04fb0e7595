{#- Fails for each of the values that does not occur in the column. -#}
{% test has_values(model, column, values) %}

select asked_for.value
from (select explode(array({{ values | join(', ') }})) as value) as asked_for
left anti join {{ model }} on asked_for.value = {{ column }}

{% endtest %}
