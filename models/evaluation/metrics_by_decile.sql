with

rating_biases as (

    select * from {{ ref('rating_biases') }}
    where protocol <> 'all'

),

predictions as (

    select * from {{ ref('predictions') }}

),

user_ranking_metrics as (

    select * from {{ ref('user_ranking_metrics') }}

),

list_metrics as (

    {{ main_ranking_metrics() | indent(4) }}

),

int_recommendation_hits as (

    select * from {{ ref('int_recommendation_hits') }}

),

rating_splits as (

    select * from {{ ref('rating_splits') }}

),

deciles as (

    {{ activity_deciles('rating_biases') | indent(4) }}

),

user_deciles as (

    select * from deciles
    where side = 'user'

),

movie_deciles as (

    select * from deciles
    where side = 'movie'

),

-- Decile 0 holds users and movies without a rating in the fit.
predictions_with_deciles as (

    select
        predictions.algorithm,
        predictions.protocol,
        predictions.fold,

        power(predictions.rating - predictions.prediction, 2) as squared_error,
        coalesce(user_side.decile, 0) as user_decile,
        coalesce(movie_side.decile, 0) as movie_decile

    from predictions
    {{ join_sides('predictions', 'deciles', 'left') | indent(4) }}

),

-- Each row counts once for its user and once for its movie.
predictions_by_side as (

    select
        algorithm,
        protocol,
        fold,
        stack(2, 'user', user_decile, 'movie', movie_decile) as (side, decile),

        squared_error

    from predictions_with_deciles

),

error_metrics as (

    select
        algorithm,
        protocol,
        fold,
        side,
        decile,
        'rmse' as metric,

        sqrt(avg(squared_error)) as value,
        count(*) as row_count

    from predictions_by_side
    group by algorithm, protocol, fold, side, decile

),

list_means as (

    select
        list_metrics.algorithm,
        list_metrics.protocol,
        list_metrics.fold,
        'user' as side,
        coalesce(user_deciles.decile, 0) as decile,
        list_metrics.metric,

        avg(list_metrics.value) as value,
        count(list_metrics.value) as row_count

    from list_metrics
    left join user_deciles
        on
            list_metrics.protocol = user_deciles.protocol
            and list_metrics.fold = user_deciles.fold
            and list_metrics.user_id = user_deciles.id
    group by
        list_metrics.algorithm,
        list_metrics.protocol,
        list_metrics.fold,
        user_deciles.decile,
        list_metrics.metric

),

relevant_ratings as (

    select
        rating_splits.protocol,
        rating_splits.fold,
        rating_splits.user_id,
        rating_splits.movie_id,

        coalesce(movie_deciles.decile, 0) as decile

    from rating_splits
    left semi join user_ranking_metrics using (protocol, fold, user_id)
    left join movie_deciles
        on
            rating_splits.protocol = movie_deciles.protocol
            and rating_splits.fold = movie_deciles.fold
            and rating_splits.movie_id = movie_deciles.id
    where
        rating_splits.split = 'test'
        and rating_splits.is_relevant

),

relevant_counts as (

    select
        protocol,
        fold,
        decile,

        count(*) as row_count

    from relevant_ratings
    group by protocol, fold, decile

),

hit_counts as (

    select
        int_recommendation_hits.algorithm,
        relevant_ratings.protocol,
        relevant_ratings.fold,
        relevant_ratings.decile,

        count(*) as hit_count

    from relevant_ratings
    inner join int_recommendation_hits
        using (user_id, movie_id, protocol, fold)
    where int_recommendation_hits.rank <= 20
    group by
        int_recommendation_hits.algorithm,
        relevant_ratings.protocol,
        relevant_ratings.fold,
        relevant_ratings.decile

),

evaluated_algorithms as (

    select distinct
        algorithm,
        protocol,
        fold

    from user_ranking_metrics

),

-- Share of the relevant ratings of a decile whose movie is in the first 20 of
-- the user's list.
movie_recalls as (

    select
        evaluated_algorithms.algorithm,
        relevant_counts.protocol,
        relevant_counts.fold,
        'movie' as side,
        relevant_counts.decile,
        'recall_at_20' as metric,

        coalesce(hit_counts.hit_count, 0) / relevant_counts.row_count as value,
        relevant_counts.row_count

    from relevant_counts
    inner join evaluated_algorithms using (protocol, fold)
    left join hit_counts
        using (algorithm, protocol, fold, decile)

),

metrics_combined as (

    select * from error_metrics
    union all
    select * from list_means
    union all
    select * from movie_recalls

)

select * from metrics_combined
