{#-
    Normalised discounted cumulative gain with binary gain: the sum of
    1 / log2(rank + 1) over the relevant movies in the list, / the same sum
    over ranks 1 to min(k, relevant movies of the user).

    An aggregate over the list. Nothing relevant in the list: 0. No relevant
    movie at all: null. Järvelin & Kekäläinen 2002.
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
