with

interactions as (

    select * from {{ ref('interactions') }}

),

users_validated as (

    {{ validated_descriptions('user') | indent(4) }}

),

users_described as (

    select * from users_validated
    where rule is null

),

source_ids as (

    {{ source_ids('user') | indent(4) }}

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
            source_ids.source_id, cast(user_id as string)
        ) as source_id,
        users_described.gender,
        users_described.occupation,

        users_described.age,
        coalesce(users_rated.rating_count, 0) as rating_count,
        users_rated.mean_rating,

        users_described.user_id is not null as is_described,

        users_rated.first_rated_at,
        users_rated.last_rated_at

    from users_described
    full outer join users_rated using (user_id)
    left join source_ids
        on
            coalesce(users_described.user_id, users_rated.user_id)
            = source_ids.id

)

select * from users_joined
