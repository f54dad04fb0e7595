{#- Fails for a name in the var `protocols` that the model does not have. -#}
{% test every_protocol_is_declared(model) %}

select asked_for.protocol
from (select explode({{ var_as_array('protocols') }}) as protocol) as asked_for
left anti join {{ model }} using (protocol)

{% endtest %}
