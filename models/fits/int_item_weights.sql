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
        algorithm,
        protocol,
        fold,
        movie_id,

        cast(null as array<bigint>) as neighbour_ids,
        weights

    from {{ ref('int_ease_weights') }}

),

-- The catalogue is every movie with a rating in the fit: one that nobody
-- liked scores 0.
weights_completed as (

    select
        int_evaluations.algorithm,
        int_evaluations.protocol,
        int_evaluations.fold,
        rating_biases.id as movie_id,

        if(
            weights_fitted.movie_id is null,
            array(),
            weights_fitted.neighbour_ids
        ) as neighbour_ids,
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
