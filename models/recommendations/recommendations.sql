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

recommendations_described as (

    select
        int_recommendations_ranked.user_id,
        int_recommendations_ranked.rank,
        int_recommendations_ranked.movie_id,

        movies.title,
        movies.genres,
        int_recommendations_ranked.scored_by as algorithm,

        int_recommendations_ranked.score,
        {{ clipped_rating(
            dot_product('user_side.factors', 'movie_side.factors')
        ) }} as predicted_rating

    from int_recommendations_ranked
    cross join int_rating_scale
    inner join movies using (movie_id)
    {{ join_sides('int_recommendations_ranked', 'int_scoring_vectors', 'left')
        | indent(4) }}
    where
        int_recommendations_ranked.rank <= {{ var('recommendation_count') }}

)

select * from recommendations_described
