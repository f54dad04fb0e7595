-- Fails for a movie in a list of a user who has rated it in the rows of the
-- fit: for recommendations, in any row of interactions.

with

evaluated_recommendations as (

    select * from {{ ref('evaluated_recommendations') }}

),

recommendations as (

    select * from {{ ref('recommendations') }}

),

fit_rows as (

    select * from {{ ref('rating_splits') }}
    where split <> 'test'

),

movies_listed as (

    select
        algorithm,
        protocol,
        fold,
        user_id,
        movie_id

    from evaluated_recommendations

    union all

    select
        algorithm,
        'all' as protocol,
        0 as fold,
        user_id,
        movie_id

    from recommendations

),

fitted_movies as (

    select movies_listed.*
    from movies_listed
    inner join fit_rows using (user_id, movie_id, protocol, fold)

)

select * from fitted_movies
