with

stg_ratings as (

    select * from {{ ref('stg_ratings') }}

),

int_rating_scale as (

    select * from {{ ref('int_rating_scale') }}

),

ratings_validated as (

    select
        stg_ratings.*,

        rating >= relevant_rating as is_relevant,
        {{ rejection_rule() }} as rule

    from stg_ratings
    cross join int_rating_scale

)

select * from ratings_validated
