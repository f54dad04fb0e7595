{#-
    The name of the first rule that a staged rating breaks, or null.

    Reads the columns of stg_ratings. The order is the order of the checks: a
    row is rejected once, by the first rule in this list.
-#}
{% macro rejection_rule() -%}
{%- set rating_steps -%}
    (rating - {{ var('rating_min') }}) / {{ var('rating_step') }}
{%- endset -%}
case
    {%- for column in ['user_id', 'movie_id'] %}
    when trim(coalesce(raw_{{ column }}, '')) = ''
        then '{{ column }}_missing'
    when {{ column }} is null then '{{ column }}_not_an_integer'
    when {{ column }} < 0 then '{{ column }}_negative'
    {%- endfor %}
    when trim(coalesce(raw_rating, '')) = '' then 'rating_missing'
    when rating is null or isnan(rating) then 'rating_not_a_number'
    when
        rating not between {{ var('rating_min') }} and {{ var('rating_max') }}
        or abs(
            {{ rating_steps }} - round({{ rating_steps }})
        ) > 1e-6
        then 'rating_off_the_scale'
    when trim(coalesce(raw_rated_at, '')) = '' then 'rated_at_missing'
    when rated_at is null then 'rated_at_not_a_time'
    when
        rated_at < timestamp '{{ var('rated_at_from') }}'
        or rated_at >= timestamp '{{ var('rated_at_before') }}'
        then 'rated_at_out_of_range'
end
{%- endmacro %}
