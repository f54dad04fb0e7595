{#- Fails for each of the values that does not occur in the column. -#}
{% test has_values(model, column, values) %}

select expected.value
from (select explode(array({{ values | join(', ') }})) as value) as expected
left anti join {{ model }} on expected.value = {{ column }}

{% endtest %}
