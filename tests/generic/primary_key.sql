{#- Fails for every key that stands twice, or that has a null. -#}
{% test primary_key(model, columns) %}

select
    {{ columns | join(', ') }},

    count(*) as row_count

from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    or {{ columns | join(' is null or ') }} is null

{% endtest %}
