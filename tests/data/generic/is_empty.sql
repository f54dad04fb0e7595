{#- Fails for every row: for models that are named after a fault. -#}
{% test is_empty(model) %}

select * from {{ model }}

{% endtest %}
