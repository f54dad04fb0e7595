{#- True if the text is null, blank or a word of the var missing_words. -#}
{% macro is_missing(text) -%}
{%- set words = [''] -%}
{%- for word in var('missing_words') -%}
    {%- do words.append(
        word | lower | replace('\\', '\\\\') | replace("'", "\\'")
    ) -%}
{%- endfor -%}
coalesce(lower(trim({{ text }})) in ('{{ words | join("', '") }}'), true)
{%- endmacro %}
