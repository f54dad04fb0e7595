{#-
    Reason why the data does not suit an algorithm, or null. The columns come from
    the CTEs of int_fit_plan: a row of algorithms, of int_rating_scale and of
    fit_sizes.
-#}
{% macro skip_reason() -%}
case
    when
        algorithms.feedback = 'explicit'
        and not int_rating_scale.has_ratings
        then 'the algorithm needs ratings, and the data has events'
    when
        algorithms.family = 'recent_popularity'
        and not int_rating_scale.has_times
        then 'the algorithm needs times, and the ratings have none'
    when
        rating_count > algorithms.rating_limit
        and algorithms.algorithm not in {{ named_algorithms() }}
        then concat(
            'rating_limit in seeds/algorithms.csv is ',
            format_number(algorithms.rating_limit, 0),
            ', and there are ',
            format_number(rating_count, 0),
            ' ratings'
        )
    when algorithms.feedback = 'implicit' and least_like_count = 0
        then concat(
            'a fold has no relevant rating (',
            relevant_rating,
            ' or more) to fit'
        )
    when
        algorithms.family = 'item_knn'
        and pair_count > {{ var('item_knn_pair_limit') }}
        then concat(
            'item_knn_pair_limit in dbt_project.yml is ',
            format_number({{ var('item_knn_pair_limit') }}, 0),
            ', and there are ',
            format_number(pair_count, 0),
            ' pairs of movies that the same user likes'
        )
    when
        algorithms.family = 'ease'
        and movie_count > {{ var('ease_movie_limit') }}
        then concat(
            'ease_movie_limit in dbt_project.yml is ',
            format_number({{ var('ease_movie_limit') }}, 0),
            ', and there are ',
            format_number(movie_count, 0),
            ' movies'
        )
end
{%- endmacro %}
