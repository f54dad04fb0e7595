{#-
    Select the best trial of each algorithm, inputs and defaults: the one with the
    lowest validation error. `last_asked_at` is the time of the newest request of
    a trial with these inputs and defaults.
-#}
{% macro best_trials() -%}
with

trials_ordered as (

    select
        *,

        row_number() over (
            partition by algorithm, inputs, defaults
            order by error, trial
        ) as error_rank,
        count(*) over same_inputs as trial_count,
        max(asked_at) over same_inputs as last_asked_at

    from {{ ref('tuning_trials') }}
    window
        same_inputs as (partition by algorithm, inputs, defaults)

)

select
    algorithm,
    inputs,
    defaults,

    trial,
    parameters,
    iterations,
    metric,
    error,
    ranking_error,
    trial_count,

    last_asked_at

from trials_ordered
where error_rank = 1
{%- endmacro %}
