with

tuning_trials as (

    select * from {{ ref('tuning_trials') }}

),

trials_ordered as (

    select
        *,

        row_number() over (
            partition by algorithm, inputs
            order by error, trial
        ) as error_rank,
        count(*) over (partition by algorithm, inputs) as trial_count,
        max_by(inputs, asked_at) over (partition by algorithm)
            as newest_inputs

    from tuning_trials

),

best_trials as (

    select
        algorithm,
        inputs,

        trial,
        parameters,
        iterations,
        metric,
        error,
        trial_count,
        inputs = newest_inputs as is_newest

    from trials_ordered
    where error_rank = 1

)

select * from best_trials
