with

raw_users as (

    select * from {{ ref('raw_users') }}

),

stg_value_formats as (

    select * from {{ ref('stg_value_formats') }}

),

users_cast as (

    select
        {{ id_of('user_id', 'has_text_user_ids') }} as user_id,

        user_id as raw_user_id,
        age as raw_age,
        {{ missing_as_null('gender') }} as gender,
        {{ missing_as_null('occupation') }} as occupation,
        {{ missing_as_null('zip_code') }} as zip_code,
        file,
        malformed_line,
        is_utf8,
        is_forgotten,

        try_cast({{ whole_number('age') }} as int) as age

    from raw_users
    cross join stg_value_formats

)

select * from users_cast
