with

stg_users as (

    select * from {{ ref('stg_users') }}

),

users_validated as (

    select
        *,

        {{ description_rule('user') }} as rule

    from stg_users

),

users_rejected as (

    select
        rule,
        raw_user_id,
        raw_age,
        gender,
        occupation,
        zip_code,
        malformed_line,
        file

    from users_validated
    where rule is not null

)

select * from users_rejected
