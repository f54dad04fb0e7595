{#-
    Select the rows of stg_movies or stg_users (`side` is `movie` or `user`) with
    the column rule, the name of the first rule that the row breaks; null for a
    valid row. Of several valid rows with the same id, the last by file and then
    by the other columns is kept; the others are `duplicate_<side>`.
-#}
{% macro validated_descriptions(side) -%}
{%- set columns = {
    'movie': ['file', 'title', 'genres'],
    'user': ['file', 'gender', 'occupation', 'age', 'raw_age', 'zip_code'],
}[side] %}
{%- set forgotten = {
    'movie': 'null',
    'user': "if(is_forgotten, 'user_forgotten', null)",
}[side] -%}
{%- set rules = [forgotten, line_rule(), id_rule(side)] -%}
{%- set fault = 'coalesce(' ~ rules | join(', ') ~ ')' -%}
select
    *,

    coalesce(
        {{ fault }},
        if(
            row_number() over (
                partition by {{ fault }}, {{ side }}_id
                order by
                    {{ columns | join(' desc, ') }} desc, raw_{{ side }}_id asc
            ) > 1,
            'duplicate_{{ side }}',
            null
        )
    ) as rule

from {{ ref('stg_' ~ side ~ 's') }}
{%- endmacro %}
