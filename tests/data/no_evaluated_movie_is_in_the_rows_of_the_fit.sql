with

evaluated_recommendations as (

    select * from {{ ref('evaluated_recommendations') }}

),

fit_rows as (

    select * from {{ ref('rating_splits') }}
    where split <> 'test'

),

fitted_movies as (

    select
        evaluated_recommendations.algorithm,
        evaluated_recommendations.protocol,
        evaluated_recommendations.fold,
        evaluated_recommendations.user_id,
        evaluated_recommendations.movie_id

    from evaluated_recommendations
    inner join fit_rows using (user_id, movie_id, protocol, fold)

)

select * from fitted_movies
