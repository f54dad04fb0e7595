{#- Columns of the seed algorithms that a trial may vary, and their types. -#}
{%- set parameters = {
    'factors': 'bigint',
    'reg': 'double',
    'reg_exponent': 'double',
    'alpha': 'double',
    'unobserved_weight': 'double',
    'strength_scale': 'double',
    'neighbours': 'bigint',
    'shrinkage': 'double',
    'sweeps': 'bigint',
    'burn_in': 'bigint'
} -%}
{%- set uses = ['ranking', 'rating', 'similarity'] -%}

with

-- Fingerprint of each row. reelhouse.tuning.search computes the same number for
-- tuning_trials.defaults.
algorithms as (

    select
        *,

        xxhash64(family, feedback, {{ parameters | join(', ') }}) as defaults

    from {{ ref('algorithms') }}
    where enabled

),

int_rating_scale as (

    select * from {{ ref('int_rating_scale') }}

),

fit_sizes as (

    {{ fit_sizes() | indent(4) }}

),

best_trials as (

    {{ best_trials() | indent(4) }}

),

-- Trials with an earlier version of the algorithm's row do not count.
trials_current as (

    select
        best_trials.*,

        max_by(best_trials.inputs, best_trials.last_asked_at) over (
            partition by best_trials.algorithm
        ) as newest_inputs,
        max_by(best_trials.inputs, best_trials.last_asked_at) over ()
            as inputs_of_build

    from best_trials
    inner join algorithms using (algorithm, defaults)

),

trials_chosen as (

    select
        *,

        inputs = inputs_of_build as is_comparable

    from trials_current
    where inputs = newest_inputs

),

-- The parts of each blend, and their weights.
blend_parts as (

    select
        trials_chosen.algorithm,

        explode(from_json(trials_chosen.parameters, 'map<string, double>'))
            as (part, weight)

    from trials_chosen
    inner join algorithms using (algorithm)
    where algorithms.family = 'blend'

),

skip_reasons as (

    select
        algorithms.algorithm,
        fit_sizes.protocol,
        fit_sizes.fold,

        {{ skip_reason() | indent(8) }} as skipped_because

    from algorithms
    cross join int_rating_scale
    cross join fit_sizes

),

skipped_blends as (

    {{ skipped_blends('algorithms', 'blend_parts', 'skip_reasons')
        | indent(4) }}

),

folds_planned as (

    select
        skip_reasons.algorithm,
        skip_reasons.protocol,
        skip_reasons.fold,

        coalesce(
            skip_reasons.skipped_because, skipped_blends.skipped_because
        ) as skipped_because

    from skip_reasons
    left join skipped_blends using (algorithm, protocol, fold)

),

-- The best algorithms. An algorithm that is skipped under any protocol does not
-- count.
algorithms_serving as (

    select
        {{ best_algorithm(
            'ranking', 'ranking_error', 'ranking_error is not null',
            'als_graded'
        ) | indent(8) }},
        {{ best_algorithm(
            'rating', 'error', "metric = 'rmse'", 'als_residual'
        ) | indent(8) }},
        {{ best_algorithm(
            'similarity', 'error', "metric = 'ndcg_at_10' and family = 'als'",
            'als_graded'
        ) | indent(8) }}

    from trials_chosen
    inner join algorithms using (algorithm)
    left anti join folds_planned
        on
            trials_chosen.algorithm = folds_planned.algorithm
            and folds_planned.skipped_because is not null
    where trials_chosen.is_comparable

),

fits_planned as (

    select
        algorithms.algorithm,
        folds_planned.protocol,
        folds_planned.fold,

        algorithms.family,
        algorithms.feedback,
        {%- for parameter, type in parameters.items() %}
        coalesce(
            cast(
                get_json_object(
                    trials_chosen.parameters, '$.{{ parameter }}'
                ) as {{ type }}
            ),
            algorithms.{{ parameter }}
        ) as {{ parameter }},
        {%- endfor %}
        coalesce(trials_chosen.iterations, algorithms.iterations)
            as iterations,
        algorithms.window_days,
        if(algorithms.family = 'blend', trials_chosen.parameters, null)
            as blend_weights,
        trials_chosen.trial,

        {%- for use in uses %}
        algorithms.algorithm = algorithms_serving.{{ use }}_algorithm
            as is_{{ use }}_algorithm,
        {%- endfor %}
        folds_planned.skipped_because

    from algorithms
    inner join folds_planned using (algorithm)
    cross join algorithms_serving
    left join trials_chosen using (algorithm)

),

-- Under `all`, only the algorithms that serve are fitted, the parts of a blend
-- that serves, and popularity, which ranks for users without a vector.
parts_serving as (

    select blend_parts.part as algorithm
    from blend_parts
    inner join algorithms_serving
        on blend_parts.algorithm = algorithms_serving.ranking_algorithm

),

fits_needed as (

    select fits_planned.*
    from fits_planned
    left join parts_serving using (algorithm)
    where
        fits_planned.protocol <> 'all'
        or fits_planned.algorithm = 'popularity'
        {%- for use in uses %}
        or fits_planned.is_{{ use }}_algorithm
        {%- endfor %}
        or parts_serving.algorithm is not null

)

select * from fits_needed
