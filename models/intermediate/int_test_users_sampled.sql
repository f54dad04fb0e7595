with

interactions as (

    select * from {{ ref('interactions') }}

),

rating_splits as (

    select * from {{ ref('rating_splits') }}
    where split = 'test'

),

test_users as (

    select
        rating_splits.protocol,
        rating_splits.fold,
        rating_splits.user_id,

        count_if(
            interactions.rating >= {{ var('relevant_rating') }}
        ) as relevant_count

    from rating_splits
    inner join interactions using (user_id, movie_id)
    group by
        rating_splits.protocol, rating_splits.fold, rating_splits.user_id

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
