with

best_trials as (

    {{ best_trials() | indent(4) }}

),

best_trials_dated as (

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
        struct(inputs, defaults)
        = max_by(struct(inputs, defaults), last_asked_at)
            over (partition by algorithm)
            as is_newest

    from best_trials

)

select * from best_trials_dated
