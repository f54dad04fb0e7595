with

int_users_validated as (

    select * from {{ ref('int_users_validated') }}

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

    from int_users_validated
    where rule is not null

)

select * from users_rejected
