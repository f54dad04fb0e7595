{#- Fails for every value outside the closed range; null is not a value. -#}
{% test accepted_range(model, column_name, min_value=none, max_value=none) %}

select {{ column_name }}
from {{ model }}
where
    isnan({{ column_name }})
    {% if min_value is not none -%}
    or {{ column_name }} < {{ min_value }}
    {%- endif %}
    {% if max_value is not none -%}
    or {{ column_name }} > {{ max_value }}
    {%- endif %}

{% endtest %}
