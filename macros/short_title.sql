{#-
    A title without its year, and with its article in front: `Rock, The (1996)`
    becomes `The Rock`. serve/titles.py has the same articles.
-#}
{% macro short_title(title) -%}
{%- set articles = "the|an?|les?|la|l\\\\x27|un|une|il|lo|gli|el|los|las"
    ~ "|der|die|das|den|det|en|ett?" -%}
regexp_replace(
    regexp_replace(
        regexp_replace({{ title }}, '(?<=.)\\s*[(][0-9]{4}[)]\\s*$', ''),
        '(?is)^(.*?), ({{ articles }})(?=$| [(])',
        '$2 $1'
    ),
    '^([lL]\\x27) ',
    '$1'
)
{%- endmacro %}
