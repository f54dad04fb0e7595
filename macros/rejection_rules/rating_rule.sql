{#-
    Name of the first rule that a staged rating breaks; null for a valid rating.

    Requires the columns of stg_ratings and int_rating_scale. The rules are
    checked in this order.
-#}
{% macro rating_rule() -%}
coalesce(
    if(is_forgotten, 'user_forgotten', null),
    {{ line_rule() }},
    {{ id_rule('user') }},
    {{ id_rule('movie') }},
    case
        when has_ratings and rating is null and {{ is_missing('raw_rating') }}
            then 'rating_missing'
        when has_ratings and rating is null then 'rating_not_a_number'
        when {{ off_the_scale('rating') }} then 'rating_off_the_scale'
        when has_strengths and strength is null and {{ is_missing('raw_strength') }}
            then 'strength_missing'
        when has_strengths and strength is null then 'strength_not_a_number'
        when
            has_strengths
            and not (strength > 0 and strength < double('infinity'))
            then 'strength_not_positive'
        when has_splits and split is null and {{ is_missing('raw_split') }}
            then 'split_missing'
        when has_splits and split is null then 'split_not_known'
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
