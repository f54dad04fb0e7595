{#-
    Select `id, source_id` of the users or movies (according to `side`) in the
    staging models `relations`. The ids in the source are text, and `id` is a
    hash of `source_id`. No row is selected if the ids in the source are whole
    numbers. Requires the relation stg_value_formats.
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
