with

raw_ratings as (

    select
        user_id,
        movie_id,
        rated_at,

        {{ epoch_number('rated_at') }} as epoch_number

    from {{ ref('raw_ratings') }}
    where malformed_line is null

),

values_recognised as (

    select
        not {{ is_missing('user_id') }} as has_user_id,
        coalesce({{ whole_number('user_id') }} >= 0, false)
            as has_whole_user_id,
        {{ is_padded('user_id') }} as has_padded_user_id,
        {{ is_code('user_id') }} as has_code_as_user_id,

        not {{ is_missing('movie_id') }} as has_movie_id,
        coalesce({{ whole_number('movie_id') }} >= 0, false)
            as has_whole_movie_id,
        {{ is_padded('movie_id') }} as has_padded_movie_id,
        {{ is_code('movie_id') }} as has_code_as_movie_id,

        {{ epoch_ticks('epoch_number') }} as ticks_per_second,
        -- The order of most written times is known, as in 2005-04-02 23:53:47.
        -- This condition is faster than a regular expression.
        case
            when epoch_number is null and locate('-', ltrim(rated_at)) <> 5
                then {{ date_order('rated_at') }}
        end as date_order

    from raw_ratings

),

formats_counted as (

    select
        count_if(has_user_id) as user_id_count,
        count_if(has_whole_user_id) as whole_user_id_count,
        count_if(has_padded_user_id) as padded_user_id_count,
        count_if(has_code_as_user_id) as code_user_id_count,

        count_if(has_movie_id) as movie_id_count,
        count_if(has_whole_movie_id) as whole_movie_id_count,
        count_if(has_padded_movie_id) as padded_movie_id_count,
        count_if(has_code_as_movie_id) as code_movie_id_count,

        -- Ties are broken by the lower number: seconds before milliseconds.
        mode(ticks_per_second, true) as ticks_per_second,

        min(date_order) as first_date_order,
        max(date_order) as last_date_order

    from values_recognised

),

formats_chosen as (

    select
        padded_user_id_count > 0
        or code_user_id_count > {{ var('code_id_share') }} * user_id_count
        or whole_user_id_count < {{ var('whole_id_share') }} * user_id_count
            as has_text_user_ids,
        padded_movie_id_count > 0
        or code_movie_id_count > {{ var('code_id_share') }} * movie_id_count
        or whole_movie_id_count < {{ var('whole_id_share') }} * movie_id_count
            as has_text_movie_ids,

        coalesce(ticks_per_second, 1) as ticks_per_second,

        case
            when first_date_order = last_date_order then first_date_order
        end as date_order

    from formats_counted

)

select * from formats_chosen
