{#- Fails for each name in the var `protocols` that is not in the model. -#}
{% test every_protocol_is_declared(model) %}

select protocols.protocol
from (select explode({{ var_as_array('protocols') }}) as protocol) as protocols
left anti join {{ model }} using (protocol)

{% endtest %}
