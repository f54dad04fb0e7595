with

int_users_judged as (

    select * from {{ ref('int_users_judged') }}

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

    from int_users_judged
    where rule is not null

)

select * from users_rejected
