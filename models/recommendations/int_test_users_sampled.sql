with

rating_splits as (

    select * from {{ ref('rating_splits') }}
    where split = 'test'

),

rating_biases as (

    select * from {{ ref('rating_biases') }}
    where side = 'user'

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

    select
        test_users_ordered.protocol,
        test_users_ordered.fold,
        test_users_ordered.user_id,

        test_users_ordered.relevant_count,

        rating_biases.id is null as is_cold

    from test_users_ordered
    left join rating_biases
        on
            test_users_ordered.protocol = rating_biases.protocol
            and test_users_ordered.fold = rating_biases.fold
            and test_users_ordered.user_id = rating_biases.id
    where
        test_users_ordered.sample_position <= {{ var('ranking_user_limit') }}

)

select * from test_users_sampled
