with

int_recommendations_ranked as (

    select * from {{ ref('int_recommendations_ranked') }}
    where protocol = 'all'

),

rating_fits as (

    select
        algorithm,
        protocol,
        fold

    from {{ ref('int_fit_plan') }}
    where protocol = 'all' and is_rating_algorithm

),

int_scoring_vectors as (

    select *
    from {{ ref('int_scoring_vectors') }}
    left semi join rating_fits using (algorithm, protocol, fold)
    where protocol = 'all'

),

int_rating_scale as (

    select * from {{ ref('int_rating_scale') }}

),

movies as (

    select * from {{ ref('movies') }}

),

recommendations_predicted as (

    select
        int_recommendations_ranked.*,

        {{ dot_product('user_side.factors', 'movie_side.factors') }}
            as rating_score

    from int_recommendations_ranked
    {{ join_sides('int_recommendations_ranked', 'int_scoring_vectors', 'left')
        | indent(4) }}
    where
        int_recommendations_ranked.rank <= {{ var('recommendation_count') }}

),

recommendations_described as (

    select
        recommendations_predicted.user_id,
        recommendations_predicted.rank,
        recommendations_predicted.movie_id,

        movies.title,
        movies.genres,
        recommendations_predicted.scored_by as algorithm,

        recommendations_predicted.score,
        {{ clipped_rating('rating_score') }} as predicted_rating

    from recommendations_predicted
    cross join int_rating_scale
    inner join movies using (movie_id)

)

select * from recommendations_described
