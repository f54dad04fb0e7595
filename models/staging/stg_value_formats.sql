{%- set sides = ['user', 'movie'] %}

with

raw_ratings as (

    select
        *,

        {{ epoch_number('rated_at') }} as epoch_number

    from {{ ref('raw_ratings') }}
    where malformed_line is null

),

values_recognised as (

    select
        {%- for side in sides %}
        not {{ is_missing(side ~ '_id') }} as has_{{ side }}_id,
        {{ whole_number(side ~ '_id') }} is not null as has_whole_{{ side }}_id,
        -- As a number 007 would be 7, which is somebody else.
        startswith(ltrim({{ side }}_id), '0')
        and substring(ltrim({{ side }}_id), 2, 1) between '0' and '9'
            as has_padded_{{ side }}_id,
        {% endfor %}
        case
            {%- for ticks in [1, 1000, 1000000, 1000000000] %}
            when
                epoch_number / {{ ticks }}
                between unix_timestamp(timestamp '{{ var("rated_at_from") }}')
                and unix_timestamp(timestamp '{{ var("rated_at_before") }}')
                then {{ ticks }}
            {%- endfor %}
        end as ticks_per_second

    from raw_ratings

),

formats_chosen as (

    select
        {%- for side in sides %}
        coalesce(bool_or(has_padded_{{ side }}_id), false)
        or count_if(has_whole_{{ side }}_id)
        < {{ var('whole_id_share') }} * count_if(has_{{ side }}_id)
            as has_text_{{ side }}_ids,
        {% endfor %}
        -- Of equally common ones the lowest: seconds before milliseconds.
        cast(
            coalesce(mode() within group (order by ticks_per_second), 1) as int
        ) as ticks_per_second

    from values_recognised

)

select * from formats_chosen
