with

raw_users as (

    select * from {{ ref('raw_users') }}

),

raw_release as (

    select has_text_user_ids

    from {{ ref('raw_release') }}
    where role = 'ratings'

),

users_cast as (

    select
        {{ id_of('user_id', 'has_text_user_ids') }} as user_id,

        user_id as raw_user_id,
        gender,
        occupation,
        zip_code,
        file,

        try_cast(age as int) as age

    from raw_users
    cross join raw_release

)

select * from users_cast
