{#- The id in a raw text: the integer, or where ids are text a hash of it. -#}
{% macro id_of(raw_id, has_text_ids) -%}
case
    when not {{ has_text_ids }} then try_cast({{ raw_id }} as bigint)
    when trim({{ raw_id }}) <> ''
        then xxhash64(trim({{ raw_id }})) & 9223372036854775807
end
{%- endmacro %}
