{#- Columns of the seed algorithms that a trial may vary, and their types. -#}
{%- set parameters = {
    'factors': 'bigint',
    'reg': 'double',
    'reg_exponent': 'double',
    'alpha': 'double',
    'unobserved_weight': 'double',
    'strength_scale': 'double',
    'neighbours': 'bigint',
    'shrinkage': 'double'
} -%}

with

-- `defaults` is the fingerprint of a row that tuning_trials has too, computed
-- in reelhouse.tuning.search.
algorithms as (

    select
        *,

        xxhash64(family, feedback, {{ parameters | join(', ') }}) as defaults

    from {{ ref('algorithms') }}
    where enabled

),

tuning_trials as (

    select * from {{ ref('tuning_trials') }}

),

fit_rows as (

    {{ fit_rows() | indent(4) }}

),

rating_biases as (

    select * from {{ ref('rating_biases') }}
    where side = 'movie'

),

int_rating_scale as (

    select * from {{ ref('int_rating_scale') }}

),

user_likes as (

    select
        protocol,
        fold,
        user_id,

        count_if(is_relevant) as like_count

    from fit_rows
    group by protocol, fold, user_id

),

-- The most pairs and the fewest likes in any fold apply to all folds of the
-- protocol, so that an algorithm is fitted in all folds or in none.
pair_counts as (

    select
        protocol,
        fold,

        max(sum(like_count * like_count)) over (partition by protocol)
            as pair_count,
        min(sum(like_count)) over (partition by protocol) as least_like_count

    from user_likes
    group by protocol, fold

),

movie_counts as (

    select
        protocol,
        fold,

        max(count(*)) over (partition by protocol) as movie_count

    from rating_biases
    group by protocol, fold

),

rating_counts as (

    select sum(rating_count) as rating_count

    from rating_biases
    where protocol = 'all'

),

skip_reasons as (

    select
        algorithms.algorithm,
        pair_counts.protocol,
        pair_counts.fold,

        {{ skip_reason() | indent(8) }} as skipped_because

    from algorithms
    cross join int_rating_scale
    cross join rating_counts
    cross join pair_counts
    inner join movie_counts using (protocol, fold)

),

-- Trials with an earlier version of the algorithm's row do not count.
trials_current as (

    select
        tuning_trials.*,

        max_by(tuning_trials.inputs, tuning_trials.asked_at) over (
            partition by tuning_trials.algorithm
        ) as newest_inputs,
        max_by(tuning_trials.inputs, tuning_trials.asked_at) over ()
            as inputs_of_build

    from tuning_trials
    inner join algorithms using (algorithm, defaults)

),

best_trials as (

    select
        algorithm,

        min_by(
            struct(
                trial,
                parameters,
                iterations,
                metric,
                error,
                inputs = inputs_of_build as is_comparable
            ),
            struct(error, trial)
        ) as best

    from trials_current
    where inputs = newest_inputs
    group by algorithm

),

-- The weights of the algorithms in a blend.
blend_parts as (

    select
        best_trials.algorithm,

        explode(from_json(best.parameters, 'map<string, double>'))
            as (part, weight)

    from best_trials
    inner join algorithms using (algorithm)
    where algorithms.family = 'blend'

),

-- A blend is skipped with any of its algorithms.
blends_skipped as (

    select
        algorithms.algorithm,
        skip_reasons.protocol,
        skip_reasons.fold,

        case
            when count(blend_parts.part) = 0
                then 'no trial has chosen the algorithms to blend'
            when count(parts_skipped.skipped_because) > 0
                then concat(
                    min(parts_skipped.algorithm), ', a part of it, is skipped'
                )
        end as skipped_because

    from algorithms
    inner join skip_reasons using (algorithm)
    left join blend_parts using (algorithm)
    left join skip_reasons as parts_skipped
        on
            blend_parts.part = parts_skipped.algorithm
            and skip_reasons.protocol = parts_skipped.protocol
            and skip_reasons.fold = parts_skipped.fold
            and parts_skipped.skipped_because is not null
    where algorithms.family = 'blend'
    group by
        algorithms.algorithm, skip_reasons.protocol, skip_reasons.fold

),

skips as (

    select
        skip_reasons.algorithm,
        skip_reasons.protocol,
        skip_reasons.fold,

        coalesce(
            skip_reasons.skipped_because, blends_skipped.skipped_because
        ) as skipped_because

    from skip_reasons
    left join blends_skipped using (algorithm, protocol, fold)

),

-- The best of the algorithms that are fitted under every protocol.
best_algorithms as (

    select
        min_by(algorithm, struct(best.error, algorithm)) filter (
            where best.metric = 'ndcg_at_10'
        ) as ranking_algorithm,
        min_by(algorithm, struct(best.error, algorithm)) filter (
            where best.metric = 'rmse'
        ) as rating_algorithm,
        min_by(algorithm, struct(best.error, algorithm)) filter (
            where best.metric = 'ndcg_at_10' and algorithms.family = 'als'
        ) as similarity_algorithm

    from best_trials
    inner join algorithms using (algorithm)
    left anti join skips
        on
            best_trials.algorithm = skips.algorithm
            and skips.skipped_because is not null
    where best.is_comparable

),

-- Without trials, two algorithms serve that did well on many data sets.
algorithms_serving as (

    select
        coalesce(
            nullif('{{ var("ranking_algorithm") }}', 'auto'),
            ranking_algorithm,
            'als_graded'
        ) as ranking_algorithm,
        coalesce(
            nullif('{{ var("rating_algorithm") }}', 'auto'),
            rating_algorithm,
            'als_residual'
        ) as rating_algorithm,
        coalesce(
            nullif('{{ var("similarity_algorithm") }}', 'auto'),
            similarity_algorithm,
            'als_graded'
        ) as similarity_algorithm

    from best_algorithms

),

fits_planned as (

    select
        algorithms.algorithm,
        skips.protocol,
        skips.fold,

        algorithms.family,
        algorithms.feedback,
        {%- for parameter, type in parameters.items() %}
        coalesce(
            cast(
                get_json_object(
                    best_trials.best.parameters, '$.{{ parameter }}'
                ) as {{ type }}
            ),
            algorithms.{{ parameter }}
        ) as {{ parameter }},
        {%- endfor %}
        coalesce(best_trials.best.iterations, algorithms.iterations)
            as iterations,
        algorithms.window_days,
        if(algorithms.family = 'blend', best_trials.best.parameters, null)
            as blend_weights,
        best_trials.best.trial,

        algorithms.algorithm = algorithms_serving.ranking_algorithm
            as is_ranking_algorithm,
        algorithms.algorithm = algorithms_serving.rating_algorithm
            as is_rating_algorithm,
        algorithms.algorithm = algorithms_serving.similarity_algorithm
            as is_similarity_algorithm,
        skips.skipped_because

    from algorithms
    inner join skips using (algorithm)
    cross join algorithms_serving
    left join best_trials using (algorithm)

),

-- Under `all`, only the algorithms that serve are fitted: also the parts of a
-- blend, and popularity for users without a vector.
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
        or fits_planned.is_ranking_algorithm
        or fits_planned.is_rating_algorithm
        or fits_planned.is_similarity_algorithm
        or parts_serving.algorithm is not null

)

select * from fits_needed
