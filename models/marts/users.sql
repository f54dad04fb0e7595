with

interactions as (

    select * from {{ ref('interactions') }}

),

stg_users as (

    select * from {{ ref('stg_users') }}

),

int_text_ids as (

    select * from {{ ref('int_text_ids') }}
    where side = 'user'

),

users_described as (

    select
        user_id,

        max_by(
            struct(gender, occupation, age),
            struct(file, gender, occupation, age)
        ) as description

    from stg_users
    where user_id is not null
    group by user_id

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

        coalesce(int_text_ids.source_id, cast(user_id as string)) as source_id,
        users_described.description.gender,
        users_described.description.occupation,

        users_described.description.age,
        coalesce(users_rated.rating_count, 0) as rating_count,
        users_rated.mean_rating,

        users_rated.first_rated_at,
        users_rated.last_rated_at

    from users_described
    full outer join users_rated using (user_id)
    left join int_text_ids
        on
            coalesce(users_described.user_id, users_rated.user_id)
            = int_text_ids.id

)

select * from users_joined
