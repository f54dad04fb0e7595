{#-
    How far the number of successes in `trials` independent trials may be from
    trials * probability. Chance exceeds the margin once in 10¹² draws at most,
    however few trials there are (Bernstein's inequality). The margin is 0 if
    the probability is 0 or 1.
-#}
{% macro binomial_margin(trials, probability) -%}
{%- set chance = 1e-12 -%}
{%- set bound = 'ln(2 / ' ~ chance ~ ')' -%}
if(
    {{ probability }} in (0, 1),
    0d,
    {{ bound }} / 3 + sqrt(
        power({{ bound }} / 3, 2)
        + 2 * {{ bound }}
        * {{ trials }} * {{ probability }} * (1 - {{ probability }})
    )
)
{%- endmacro %}
