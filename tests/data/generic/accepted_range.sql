{#-
    Fails for each row with a value outside the closed range, in the column or
    in one of the columns. Null passes, NaN fails.
-#}
{% test accepted_range(
    model, column_name=none, columns=none, min_value=none, max_value=none
) %}

{%- set columns = columns or [column_name] %}

select {{ columns | join(', ') }}
from {{ model }}
where
    {% for column in columns -%}
    {{ 'or ' if not loop.first }}isnan({{ column }})
    {% if min_value is not none -%}
    or {{ column }} < {{ min_value }}
    {% endif -%}
    {% if max_value is not none -%}
    or {{ column }} > {{ max_value }}
    {% endif -%}
    {% endfor %}

{% endtest %}
