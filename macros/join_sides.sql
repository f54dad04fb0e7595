{#-
    Join each row of `rows` with the row of its user (as `user_side`) and the row
    of its movie (as `movie_side`) in `relation`, which has the columns protocol,
    fold, side and id, like rating_biases. The kind is `inner` or `left`. With an
    `algorithm`, an expression, only rows of this algorithm are joined.
-#}
{% macro join_sides(rows, relation, kind='inner', algorithm=none) -%}
{%- for side in ['user', 'movie'] %}
{%- set joined = side ~ '_side' %}
{%- set same_algorithm = 'and ' ~ algorithm ~ ' = ' ~ joined ~ '.algorithm' %}
{{ kind }} join {{ relation }} as {{ joined }}
    on
        {{ joined }}.side = '{{ side }}'
        and {{ rows }}.protocol = {{ joined }}.protocol
        and {{ rows }}.fold = {{ joined }}.fold
        and {{ rows }}.{{ side }}_id = {{ joined }}.id
        {{ same_algorithm if algorithm }}
{%- endfor %}
{%- endmacro %}
