{#-
    Normalised discounted cumulative gain with binary gain (Järvelin &
    Kekäläinen 2002): sum of 1 / log2(rank + 1) over the relevant movies in the
    list, divided by the same sum over the ranks 1 to min(k, relevant movies of
    the user).

    Aggregates over the movies of a list. 0 if the list has no relevant movie;
    null if the user has no relevant movie.
-#}
{% macro ndcg(is_relevant, rank, relevant, k) -%}
coalesce(
    sum(case when {{ is_relevant }} then 1 / log2({{ rank }} + 1) end), 0
) / case
    when {{ relevant }} > 0
        then aggregate(
            sequence(1, cast(least({{ k }}, {{ relevant }}) as int)),
            0d,
            (total, position) -> total + 1 / log2(position + 1)
        )
end
{%- endmacro %}
