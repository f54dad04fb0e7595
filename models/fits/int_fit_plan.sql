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
    'dropout': 'double',
    'diagonal_limit': 'double',
    'degree_exponent': 'double',
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

-- The parameters of the best trial or of the seed, and why the data does not
-- suit the algorithm.
fits_considered as (

    select
        algorithms.algorithm,
        fit_sizes.protocol,
        fit_sizes.fold,

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
        trials_chosen.metric,
        trials_chosen.error,
        trials_chosen.ranking_error,

        trials_chosen.is_comparable,
        {{ skip_reason() | indent(8) }} as unsuited_because

    from algorithms
    cross join int_rating_scale
    cross join fit_sizes
    left join trials_chosen
        on algorithms.algorithm = trials_chosen.algorithm

),

blends_considered as (

    select
        *,

        coalesce(
            map_keys(from_json(blend_weights, 'map<string, double>')), array()
        ) as parts,
        collect_list(if(unsuited_because is null, null, algorithm)) over (
            partition by protocol, fold
        ) as unsuited_algorithms

    from fits_considered

),

-- A blend is skipped if no trial has chosen its parts, or if one is skipped.
folds_planned as (

    select
        *,

        case
            when unsuited_because is not null then unsuited_because
            when family = 'blend' and cardinality(parts) = 0
                then 'no trial has chosen the algorithms to blend'
            when arrays_overlap(parts, unsuited_algorithms)
                then concat(
                    array_min(array_intersect(parts, unsuited_algorithms)),
                    ', a part of it, is skipped'
                )
        end as skipped_because

    from blends_considered

),

-- An algorithm that is skipped under any protocol does not serve.
candidates as (

    select
        *,

        is_comparable
        and not bool_or(skipped_because is not null) over (
            partition by algorithm
        ) as is_candidate

    from folds_planned

),

algorithms_serving as (

    select
        *,

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

    from candidates

),

fits_planned as (

    select
        *,

        count_if(is_candidate and ranking_error is not null) over (
            partition by protocol, fold
        ) as ranking_rival_count,
        count_if(is_candidate and metric = 'rmse') over (
            partition by protocol, fold
        ) as rating_rival_count,

        max(if(algorithm = ranking_algorithm, parts, null)) over ()
            as serving_parts

    from algorithms_serving

),

-- Under `all`, only the algorithms that serve are fitted, the parts of a blend
-- that serves, and popularity, which ranks for users without a vector.
fits_needed as (

    select
        algorithm,
        protocol,
        fold,

        family,
        feedback,
        {%- for parameter in parameters %}
        {{ parameter }},
        {%- endfor %}
        iterations,
        window_days,
        blend_weights,
        trial,

        {%- for use in uses %}
        algorithm = {{ use }}_algorithm as is_{{ use }}_algorithm,
        {%- endfor %}
        ranking_rival_count,
        rating_rival_count,
        skipped_because

    from fits_planned
    where
        protocol <> 'all'
        or algorithm = 'popularity'
        {%- for use in uses %}
        or algorithm = {{ use }}_algorithm
        {%- endfor %}
        or array_contains(serving_parts, algorithm)

)

select * from fits_needed
