{#-
    Select `id, source_id` of all users or movies of the source (`side` is `user`
    or `movie`). The ids in the source are text, and `id` is a hash of
    `source_id`. No row is selected if the ids in the source are whole numbers.
-#}
{% macro source_ids(side) -%}
{%- for relation in ['stg_ratings', 'stg_' ~ side ~ 's'] %}
select
    {{ side }}_id as id,
    trim(raw_{{ side }}_id) as source_id

from {{ ref(relation) }}
where
    (select has_text_{{ side }}_ids from {{ ref('stg_value_formats') }})
    and {{ side }}_id is not null
{%- if not loop.last %}

union

{% endif %}
{%- endfor %}
{%- endmacro %}
