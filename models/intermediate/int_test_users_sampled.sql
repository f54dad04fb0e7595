with

rating_splits as (

    select * from {{ ref('rating_splits') }}
    where split = 'test'

),

test_users as (

    select
        protocol,
        fold,
        user_id,

        count_if(is_relevant) as relevant_count

    from rating_splits
    group by protocol, fold, user_id

),

test_users_ordered as (

    select
        *,

        row_number() over (
            partition by protocol, fold
            order by {{ hash_fraction(['user_id']) }}, user_id
        ) as sample_position

    from test_users

),

test_users_sampled as (

    select * except (sample_position)
    from test_users_ordered
    where sample_position <= {{ var('ranking_user_limit') }}

)

select * from test_users_sampled
