with

interactions as (

    select * from {{ ref('interactions') }}

),

int_users_validated as (

    select * from {{ ref('int_users_validated') }}
    where rule is null

),

int_source_ids as (

    select * from {{ ref('int_source_ids') }}
    where side = 'user'

),

users_rated as (

    select
        user_id,

        count(*) as rating_count,
        avg(rating) as mean_rating,

        min(rated_at) as first_rated_at,
        max(rated_at) as last_rated_at

    from interactions
    group by user_id

),

users_joined as (

    select
        user_id,

        coalesce(
            int_source_ids.source_id, cast(user_id as string)
        ) as source_id,
        int_users_validated.gender,
        int_users_validated.occupation,

        int_users_validated.age,
        coalesce(users_rated.rating_count, 0) as rating_count,
        users_rated.mean_rating,

        int_users_validated.user_id is not null as is_described,

        users_rated.first_rated_at,
        users_rated.last_rated_at

    from int_users_validated
    full outer join users_rated using (user_id)
    left join int_source_ids
        on
            coalesce(int_users_validated.user_id, users_rated.user_id)
            = int_source_ids.id

)

select * from users_joined
