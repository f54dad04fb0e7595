with

rating_splits as (

    select * from {{ ref('rating_splits') }}

),

-- The fit that is evaluated on test rows uses train and validation rows.
ratings_fitted as (

    select * from rating_splits
    where split <> 'test'

)

select * from ratings_fitted
