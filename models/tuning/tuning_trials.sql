with

int_tuning_trials as (

    select * from {{ ref('int_tuning_trials') }}

),

trials_selected as (

    select
        trial,
        algorithm,
        parameters,
        inputs,

        metric,
        error,
        iterations,
        seconds,
        losses,
        errors,
        tried_at,
        asked_at

    from int_tuning_trials

)

select * from trials_selected
