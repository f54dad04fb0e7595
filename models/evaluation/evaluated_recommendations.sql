with

int_recommendations_ranked as (

    select * from {{ ref('int_recommendations_ranked') }}

),

recommendations_evaluated as (

    select
        algorithm,
        protocol,
        fold,
        user_id,
        rank,
        movie_id,

        score

    from int_recommendations_ranked
    where protocol <> 'all'

)

select * from recommendations_evaluated
