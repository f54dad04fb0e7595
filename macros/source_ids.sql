{#-
    Select `id, source_id` of the users or movies (the side) in some staging
    models if their ids in the source are text; nothing if they are integers. An
    id is a hash of its text. Requires the relation stg_value_formats.
-#}
{% macro source_ids(side, relations) -%}
{%- for relation in relations %}
select
    {{ side }}_id as id,
    trim(raw_{{ side }}_id) as source_id

from {{ relation }}
where
    (select has_text_{{ side }}_ids from stg_value_formats)
    and {{ side }}_id is not null
{%- if not loop.last %}

union

{% endif %}
{%- endfor %}
{%- endmacro %}
