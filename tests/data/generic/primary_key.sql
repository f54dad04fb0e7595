{#-
    Fails for each key that occurs more than once or has a null, and for each
    key with a null in one of the columns of `not_null`.
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
