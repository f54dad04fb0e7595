with

users_validated as (

    {{ validated_descriptions('user') | indent(4) }}

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
