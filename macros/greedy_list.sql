{#-
    Choose the first movies of a list one by one, from an array of structs with
    rank, movie_id, score, relevance, popularity, genre_list, genre and
    similarity (0 at the start). Each step takes the movie with the highest

        (1 - diversity) * relevance - diversity * similarity
        - popularity_penalty * popularity

    where similarity is the largest genre similarity to the movies chosen so far
    (maximal marginal relevance: Carbonell & Goldstein 1998, "The Use of MMR,
    Diversity-Based Reranking"). As long as another movie is left, a genre is
    taken at most `genre_limit` times. Returns an array of the same structs.
-#}
{% macro greedy_list(
    movies, length, diversity, popularity_penalty, genre_limit
) -%}
{%- set is_below_limit = 'true' if genre_limit is none else
    'size(filter(state.chosen, other -> other.genre = movie.genre)) < '
    ~ genre_limit -%}
aggregate(
    sequence(1, least(size({{ movies }}), {{ length }})),
    struct(
        slice({{ movies }}, 1, 0) as chosen,
        {{ movies }} as remaining
    ),
    (state, step) -> transform(
        array(
            array_max(
                transform(
                    state.remaining,
                    movie -> struct(
                        {{ is_below_limit }} as is_below_limit,
                        {{ 1 - (diversity | float) }} * movie.relevance
                        - {{ diversity }} * movie.similarity
                        - {{ popularity_penalty }} * movie.popularity as value,
                        -movie.rank as earliness,
                        movie as movie
                    )
                )
            ).movie
        ),
        best -> struct(
            concat(state.chosen, array(best)) as chosen,
            transform(
                filter(
                    state.remaining,
                    movie -> movie.rank <> best.rank
                ),
                movie -> struct(
                    movie.rank as rank,
                    movie.movie_id as movie_id,
                    movie.score as score,
                    movie.relevance as relevance,
                    movie.popularity as popularity,
                    movie.genre_list as genre_list,
                    movie.genre as genre,
                    greatest(
                        movie.similarity,
                        {{ genre_similarity(
                            'movie.genre_list', 'best.genre_list'
                        ) | indent(24) }}
                    ) as similarity
                )
            ) as remaining
        )
    )[0],
    state -> state.chosen
)
{%- endmacro %}
