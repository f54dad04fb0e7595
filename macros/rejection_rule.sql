{#-
    The name of the first rule that a staged rating breaks, or null.

    Reads the columns of stg_ratings and int_rating_scale. The order is the
    order of the checks: a row is rejected once, by the first rule in this list.
-#}
{% macro rejection_rule() -%}
case
    when not is_utf8 then 'not_utf8'
    when malformed_line is not null then 'line_malformed'
    when trim(coalesce(raw_user_id, '')) = '' then 'user_id_missing'
    when user_id is null then 'user_id_not_an_integer'
    when user_id < 0 then 'user_id_negative'
    when trim(coalesce(raw_movie_id, '')) = '' then 'movie_id_missing'
    when movie_id is null then 'movie_id_not_an_integer'
    when movie_id < 0 then 'movie_id_negative'
    when trim(coalesce(raw_rating, '')) = '' then 'rating_missing'
    when rating is null or isnan(rating) then 'rating_not_a_number'
    when {{ off_the_scale('rating') }} then 'rating_off_the_scale'
    when not has_times then null
    when trim(coalesce(raw_rated_at, '')) = '' then 'rated_at_missing'
    when rated_at is null then 'rated_at_not_a_time'
    when
        rated_at < timestamp '{{ var('rated_at_from') }}'
        or rated_at >= timestamp '{{ var('rated_at_before') }}'
        then 'rated_at_out_of_range'
end
{%- endmacro %}
