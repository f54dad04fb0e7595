{#-
    The split that a word of the source names; null if it names none. A test
    compares the words with those in src/reelhouse/ingest/given_splits.py.
-#}
{% macro split_of(text) -%}
case
    when lower(trim({{ text }})) in ('train', 'training') then 'train'
    when
        lower(trim({{ text }})) in ('valid', 'validation', 'val', 'dev')
        then 'validation'
    when lower(trim({{ text }})) in ('test', 'testing') then 'test'
end
{%- endmacro %}
