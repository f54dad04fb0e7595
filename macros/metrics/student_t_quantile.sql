{#-
    97.5 % quantile of Student's t with `df` degrees of freedom, a whole number:
    half the width of a 95 % confidence interval in standard errors.

    For `df` up to 20 it is read from a table; for larger `df` it is the
    expansion in 1 / df of Abramowitz & Stegun 26.7.5, with a relative error
    below 1e-7. Null if `df` is below 1.
-#}
{% macro student_t_quantile(df) -%}
{%- set table = [
    12.706204736175, 4.302652729749, 3.182446305284, 2.776445105198,
    2.570581835636, 2.446911851145, 2.364624251593, 2.306004135204,
    2.262157162798, 2.228138851986, 2.200985160092, 2.178812829667,
    2.160368656463, 2.144786687918, 2.131449545560, 2.119905299221,
    2.109815577833, 2.100922040241, 2.093024054408, 2.085963447266
] -%}
{%- set z = 1.959963984540054 -%}
{%- set coefficients = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z)
    / 92160
] -%}
case
    when {{ df }} > {{ table | length }}
        then {{ z }}d + (
            {{ coefficients[0] }}d + (
                {{ coefficients[1] }}d + (
                    {{ coefficients[2] }}d
                    + {{ coefficients[3] }}d / {{ df }}
                ) / {{ df }}
            ) / {{ df }}
        ) / {{ df }}
    when {{ df }} >= 1
        then get(
            array({{ table | join('d, ') }}d),
            cast({{ df }} - 1 as int)
        )
end
{%- endmacro %}
