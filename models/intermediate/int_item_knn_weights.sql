with

int_evaluations as (

    select * from {{ ref('int_evaluations') }}
    where
        family = 'item_knn'
        and skipped_because is null

),

int_movie_pairs as (

    select * from {{ ref('int_movie_pairs') }}

),

-- A movie is a pair with itself for every user who likes it.
movie_likes as (

    select
        protocol,
        fold,
        movie_id,

        pair_count as like_count

    from int_movie_pairs
    where movie_id = neighbour_id

),

-- Neighbours are so from either side.
pairs as (

    select * from int_movie_pairs
    where movie_id <> neighbour_id

    union all

    select
        protocol,
        fold,
        neighbour_id as movie_id,
        movie_id as neighbour_id,
        pair_count

    from int_movie_pairs
    where movie_id <> neighbour_id

),

similarities as (

    select
        int_evaluations.algorithm,
        int_evaluations.neighbours as neighbour_limit,
        pairs.protocol,
        pairs.fold,
        pairs.movie_id,
        pairs.neighbour_id,

        {{ shrunk_cosine(
            'pairs.pair_count',
            'movie_likes.like_count',
            'neighbour_likes.like_count',
            'int_evaluations.shrinkage'
        ) }} as weight

    from pairs
    inner join int_evaluations using (protocol, fold)
    inner join movie_likes using (protocol, fold, movie_id)
    inner join movie_likes as neighbour_likes
        on
            pairs.protocol = neighbour_likes.protocol
            and pairs.fold = neighbour_likes.fold
            and pairs.neighbour_id = neighbour_likes.movie_id

),

neighbours_ranked as (

    select
        *,

        row_number() over (
            partition by algorithm, protocol, fold, movie_id
            order by weight desc, neighbour_id asc
        ) as position

    from similarities

),

nearest_neighbours as (

    select
        algorithm,
        protocol,
        fold,
        movie_id,

        array_sort(collect_list(struct(position, neighbour_id, weight)))
            as nearest

    from neighbours_ranked
    where position <= neighbour_limit
    group by algorithm, protocol, fold, movie_id

),

weights_collected as (

    select
        nearest_neighbours.algorithm,
        nearest_neighbours.protocol,
        nearest_neighbours.fold,
        nearest_neighbours.movie_id,

        nearest_neighbours.nearest.neighbour_id as neighbour_ids,
        nearest_neighbours.nearest.weight as weights

    from nearest_neighbours

)

select * from weights_collected
