with

tuning_trials as (

    select * from {{ ref('tuning_trials') }}

),

trials_ordered as (

    select
        *,

        row_number() over (
            partition by algorithm, inputs, defaults
            order by error, trial
        ) as error_rank,
        count(*) over (partition by algorithm, inputs, defaults)
            as trial_count,
        max_by(struct(inputs, defaults), asked_at)
            over (partition by algorithm) as newest

    from tuning_trials

),

best_trials as (

    select
        algorithm,
        inputs,
        defaults,

        trial,
        parameters,
        iterations,
        metric,
        error,
        trial_count,
        struct(inputs, defaults) = newest as is_newest

    from trials_ordered
    where error_rank = 1

)

select * from best_trials
