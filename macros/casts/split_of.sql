{#- The split that a word of the source names; null if it names none. -#}
{% macro split_of(text) -%}
case
    when lower(trim({{ text }})) = 'train' then 'train'
    when
        lower(trim({{ text }})) in ('validation', 'valid', 'val', 'dev')
        then 'validation'
    when lower(trim({{ text }})) = 'test' then 'test'
end
{%- endmacro %}
