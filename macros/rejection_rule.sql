{#-
    The name of the first rule that a staged rating breaks, or null.

    Reads the columns of stg_ratings and int_rating_scale. The order is the
    order of the checks: a row is rejected once, by the first rule in this list.
-#}
{% macro rejection_rule() -%}
coalesce(
    {{ line_rule() }},
    {{ id_rule('user') }},
    {{ id_rule('movie') }},
    case
        when rating is null and {{ is_missing('raw_rating') }}
            then 'rating_missing'
        when rating is null then 'rating_not_a_number'
        when {{ off_the_scale('rating') }} then 'rating_off_the_scale'
        when not has_times then null
        when rated_at is null and {{ is_missing('raw_rated_at') }}
            then 'rated_at_missing'
        when rated_at is null then 'rated_at_not_a_time'
        when
            rated_at < timestamp '{{ var('rated_at_from') }}'
            or rated_at >= timestamp '{{ var('rated_at_before') }}'
            then 'rated_at_out_of_range'
    end
)
{%- endmacro %}
