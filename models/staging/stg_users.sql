with

raw_users as (

    select * from {{ ref('raw_users') }}

),

users_cast as (

    select
        try_cast(user_id as bigint) as user_id,

        user_id as raw_user_id,
        gender,
        occupation,
        zip_code,
        file,

        try_cast(age as int) as age

    from raw_users

)

select * from users_cast
