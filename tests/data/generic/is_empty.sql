{#- Fails for each row; for models whose rows are faults. -#}
{% test is_empty(model) %}

select * from {{ model }}

{% endtest %}
