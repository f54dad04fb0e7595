{%- set is_on = (var('rerank_candidates') | int) > 0 -%}
with

int_recommendations_ranked as (

    select * from {{ ref('int_recommendations_ranked') }}
    {{ "where protocol = 'all'" if not is_on or var('update') }}

),

{% if not is_on -%}
recommendations_reranked as (

    select * from int_recommendations_ranked
    where rank <= {{ var('recommendation_count') }}

)
{%- else -%}
ranking_fits as (

    select
        algorithm,
        protocol,
        fold

    from {{ ref('int_fit_plan') }}
    where is_ranking_algorithm

),

list_lengths as (

    select max(k) as longest_cutoff from {{ ref('ranking_cutoffs') }}

),

movies as (

    select * from {{ ref('movies') }}

),

rating_biases as (

    select * from {{ ref('rating_biases') }}
    where side = 'movie'

),

popularities as (

    select
        protocol,
        fold,
        id,

        ln(rating_count) / nullif(
            max(ln(rating_count)) over (partition by protocol, fold), 0
        ) as popularity

    from rating_biases

),

candidates_described as (

    select
        int_recommendations_ranked.*,

        split(coalesce(movies.genres, ''), '[|]') as genre_list,
        split(movies.genres, '[|]')[0] as genre,
        coalesce(
            (
                int_recommendations_ranked.score
                - min(int_recommendations_ranked.score) over user_list
            )
            / nullif(
                max(int_recommendations_ranked.score) over user_list
                - min(int_recommendations_ranked.score) over user_list,
                0
            ),
            1
        ) as relevance,
        coalesce(popularities.popularity, 0) as popularity

    from int_recommendations_ranked
    left semi join ranking_fits using (algorithm, protocol, fold)
    inner join movies using (movie_id)
    left join popularities
        on
            int_recommendations_ranked.protocol = popularities.protocol
            and int_recommendations_ranked.fold = popularities.fold
            and int_recommendations_ranked.movie_id = popularities.id
    where int_recommendations_ranked.rank <= {{ var('rerank_candidates') }}
    window
        user_list as (
            partition by
                int_recommendations_ranked.user_id,
                int_recommendations_ranked.protocol,
                int_recommendations_ranked.fold
        )

),

lists_collected as (

    select
        algorithm,
        scored_by,
        protocol,
        fold,
        user_id,

        collect_list(
            struct(
                rank,
                movie_id,
                score,
                relevance,
                popularity,
                filter(genre_list, name -> name <> '') as genre_list,
                genre,
                0d as similarity
            )
        ) as candidates

    from candidates_described
    group by algorithm, scored_by, protocol, fold, user_id

),

lists_chosen as (

    select
        lists_collected.*,

        posexplode(
            {{ greedy_list(
                'candidates',
                "if(protocol = 'all', " ~ var('recommendation_count')
                    ~ ", longest_cutoff)",
                var('rerank_diversity'),
                var('rerank_popularity_penalty'),
                var('rerank_genre_limit')
            ) | indent(12) }}
        ) as (position, movie)

    from lists_collected
    cross join list_lengths

),

recommendations_reranked as (

    select
        lists_chosen.algorithm,
        lists_chosen.scored_by,
        lists_chosen.protocol,
        lists_chosen.fold,
        lists_chosen.user_id,
        lists_chosen.position + 1 as rank,
        lists_chosen.movie.movie_id,

        lists_chosen.movie.score

    from lists_chosen

)
{%- endif %}

select * from recommendations_reranked
