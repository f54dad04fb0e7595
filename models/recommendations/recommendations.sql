{%- set new_count = var('new_item_count') | int -%}
{%- set placed = 'recommendations_placed' if new_count
    else 'recommendations_combined' -%}
with

int_recommendations_reranked as (

    select * from {{ ref('int_recommendations_reranked') }}
    where protocol = 'all'

),

int_cold_recommendations as (

    select * from {{ ref('int_cold_recommendations') }}

),

recommendation_explanations as (

    select * from {{ ref('recommendation_explanations') }}
    where kind = 'rating' and contribution > 0

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

rating_biases as (

    select * from {{ ref('rating_biases') }}
    where protocol = 'all'

),

global_means as (

    {{ global_means('rating_biases') | indent(4) }}

),

int_rating_scale as (

    select * from {{ ref('int_rating_scale') }}

),

movies as (

    select * from {{ ref('movies') }}

),

-- A low rating may add to a score too, but nobody takes it for a reason.
rating_phrases as (

    select
        recommendation_explanations.user_id,
        recommendation_explanations.movie_id,
        recommendation_explanations.position,

        concat_ws(
            ' ',
            {{ short_title('rated_title') }},
            regexp_replace(cast(rating as string), '[.]0$', '')
        ) as phrase

    from recommendation_explanations
    cross join int_rating_scale
    where
        recommendation_explanations.rating is null
        or recommendation_explanations.rating
        >= int_rating_scale.relevant_rating

),

ratings_named as (

    select
        user_id,
        movie_id,

        transform(
            array_sort(collect_list(struct(position, phrase))),
            named -> named.phrase
        ) as phrases

    from rating_phrases
    group by user_id, movie_id

),

recommendations_combined as (

    select
        protocol,
        fold,
        user_id,
        rank,
        movie_id,

        scored_by as algorithm,
        if(scored_by = algorithm, 'personal', 'cold') as strategy,
        score,

        false as is_of_group

    from int_recommendations_reranked

    union all

    select
        'all' as protocol,
        0 as fold,
        user_id,
        rank,
        movie_id,

        'popularity' as algorithm,
        'cold' as strategy,
        score,

        true as is_of_group

    from int_cold_recommendations
    {%- if new_count %}

    union all

    select
        'all' as protocol,
        0 as fold,
        user_id,
        cast(new_rank as int) as rank,
        movie_id,

        cast(null as string) as algorithm,
        'new item' as strategy,
        score,

        false as is_of_group

    from (
        {{ new_items('int_recommendations_reranked', new_count) | indent(8) }}
    )
    {%- endif %}

),

{% if new_count -%}
-- New items take the last places of a list.
recommendations_placed as (

    select
        * except (rank),

        row_number() over (
            partition by user_id
            order by
                if(
                    strategy = 'new item',
                    {{ var('recommendation_count') - new_count }} + 0.5,
                    rank
                ),
                rank
        ) as rank

    from recommendations_combined

),

{% endif -%}
-- The bias of a user or movie without a rating is 0, as in `predictions`.
recommendations_predicted as (

    select
        {{ placed }}.*,

        coalesce(
            {{ dot_product('user_side.factors', 'movie_side.factors')
                | indent(12) }},
            global_means.global_mean
            + coalesce(user_biases.bias, 0)
            + coalesce(movie_biases.bias, 0)
        ) as rating_score

    from {{ placed }}
    cross join global_means
    {{ join_sides(placed, 'int_scoring_vectors', 'left') | indent(4) }}
    left join rating_biases as user_biases
        on
            user_biases.side = 'user'
            and {{ placed }}.user_id = user_biases.id
    left join rating_biases as movie_biases
        on
            movie_biases.side = 'movie'
            and {{ placed }}.movie_id = movie_biases.id
    where {{ placed }}.rank <= {{ var('recommendation_count') }}

),

recommendations_described as (

    select
        recommendations_predicted.user_id,
        recommendations_predicted.rank,
        recommendations_predicted.movie_id,

        movies.title,
        movies.genres,
        recommendations_predicted.strategy,
        recommendations_predicted.algorithm,
        case
            when ratings_named.phrases is not null
                then concat(
                    'because you ',
                    if(int_rating_scale.has_ratings, 'rated ', 'chose '),
                    {{ joined_words('ratings_named.phrases') | indent(20) }}
                )
            when recommendations_predicted.strategy = 'new item'
                then concat('new: ', movies.genres)
            when recommendations_predicted.is_of_group
                then 'popular with people like you'
            when recommendations_predicted.algorithm = 'popularity'
                then concat('popular: ', movies.rating_count, ' users')
            else 'no single rating explains the score'
        end as reason,

        recommendations_predicted.score,
        {{ clipped_rating('rating_score') }} as predicted_rating

    from recommendations_predicted
    cross join int_rating_scale
    inner join movies using (movie_id)
    left join ratings_named using (user_id, movie_id)

)

select * from recommendations_described
