{#-
    Largest plausible distance between the number of successes in `trials`
    independent trials and its mean, trials * probability. By Bernstein's
    inequality, which holds for any number of trials, chance exceeds this margin
    with a probability of at most 1e-12. The margin is 0 if the probability is 0
    or 1.
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
