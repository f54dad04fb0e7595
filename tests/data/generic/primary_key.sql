{#-
    Fails for every key that stands twice or that has a null, and for every row
    that has a null in one of the columns of `not_null`.
-#}
{% test primary_key(model, columns, not_null=[]) %}

select
    {{ columns | join(', ') }},

    count(*) as row_count

from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    or {{ columns | join(' is null or ') }} is null
    {% for column in not_null -%}
    or count({{ column }}) < count(*)
    {% endfor %}

{% endtest %}
