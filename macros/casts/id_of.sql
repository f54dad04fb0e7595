{#-
    Integer id of a raw id: a hash of the text if `has_text_ids`, otherwise the
    whole number that the text contains. Null if the id is missing, or if it
    should be a whole number and is not.
-#}
{% macro id_of(raw_id, has_text_ids) -%}
case
    when not {{ has_text_ids }} then {{ whole_number(raw_id) }}
    when not {{ is_missing(raw_id) }}
        then xxhash64(trim({{ raw_id }})) & 9223372036854775807
end
{%- endmacro %}
