with

stg_users as (

    select * from {{ ref('stg_users') }}

),

users_checked as (

    select
        *,

        coalesce(
            {{ line_rule() }}, {{ id_rule('user') }}
        ) as fault

    from stg_users

),

users_numbered as (

    select
        *,

        row_number() over (
            partition by fault, user_id
            order by
                file desc,
                gender desc,
                occupation desc,
                age desc,
                zip_code desc,
                raw_user_id asc,
                raw_age asc
        ) as description_number

    from users_checked

),

users_validated as (

    select
        user_id,

        raw_user_id,
        raw_age,
        gender,
        occupation,
        zip_code,
        file,
        malformed_line,

        age,

        coalesce(fault, if(description_number > 1, 'duplicate_user', null))
            as rule

    from users_numbered

)

select * from users_validated
