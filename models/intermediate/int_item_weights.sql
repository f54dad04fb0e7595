with

int_evaluations as (

    select * from {{ ref('int_evaluations') }}
    where
        family in ('item_knn', 'ease')
        and skipped_because is null

),

rating_biases as (

    select * from {{ ref('rating_biases') }}
    where side = 'movie'

),

int_ease_weights as (

    select * from {{ ref('int_ease_weights') }}

),

ease_movies as (

    select
        algorithm,
        protocol,
        fold,

        array_sort(collect_list(movie_id)) as neighbour_ids

    from int_ease_weights
    group by algorithm, protocol, fold

),

weights_fitted as (

    select
        algorithm,
        protocol,
        fold,
        movie_id,

        neighbour_ids,
        weights

    from {{ ref('int_item_knn_weights') }}

    union all

    select
        int_ease_weights.algorithm,
        int_ease_weights.protocol,
        int_ease_weights.fold,
        int_ease_weights.movie_id,

        ease_movies.neighbour_ids,
        int_ease_weights.weights

    from int_ease_weights
    inner join ease_movies using (algorithm, protocol, fold)

),

-- The catalogue is every movie with a rating in the fit: one that nobody
-- liked scores 0.
weights_completed as (

    select
        int_evaluations.algorithm,
        int_evaluations.protocol,
        int_evaluations.fold,
        rating_biases.id as movie_id,

        coalesce(weights_fitted.neighbour_ids, array()) as neighbour_ids,
        coalesce(weights_fitted.weights, array()) as weights

    from int_evaluations
    inner join rating_biases using (protocol, fold)
    left join weights_fitted
        on
            int_evaluations.algorithm = weights_fitted.algorithm
            and int_evaluations.protocol = weights_fitted.protocol
            and int_evaluations.fold = weights_fitted.fold
            and rating_biases.id = weights_fitted.movie_id

)

select * from weights_completed
