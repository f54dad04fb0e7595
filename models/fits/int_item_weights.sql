with

int_fit_plan as (

    select * from {{ ref('int_fit_plan') }}
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

-- The catalogue is every movie with a rating in the fit; a movie that no user
-- likes has the score 0.
weights_completed as (

    select
        int_fit_plan.algorithm,
        int_fit_plan.protocol,
        int_fit_plan.fold,
        rating_biases.id as movie_id,

        if(
            weights_fitted.movie_id is null,
            array(),
            weights_fitted.neighbour_ids
        ) as neighbour_ids,
        coalesce(weights_fitted.weights, array()) as weights

    from int_fit_plan
    inner join rating_biases using (protocol, fold)
    left join weights_fitted
        on
            int_fit_plan.algorithm = weights_fitted.algorithm
            and int_fit_plan.protocol = weights_fitted.protocol
            and int_fit_plan.fold = weights_fitted.fold
            and rating_biases.id = weights_fitted.movie_id

)

select * from weights_completed
