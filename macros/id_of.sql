{#-
    The id in a raw text: a whole number, or where the ids are text a hash of it.
    Null where the id is missing, or no whole number among whole numbers.
-#}
{% macro id_of(raw_id, has_text_ids) -%}
case
    when not {{ has_text_ids }} then {{ whole_number(raw_id) }}
    when not {{ is_missing(raw_id) }}
        then xxhash64(trim({{ raw_id }})) & 9223372036854775807
end
{%- endmacro %}
