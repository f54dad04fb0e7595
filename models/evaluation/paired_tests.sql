with

int_user_metrics as (

    select * from {{ ref('int_user_metrics') }}

),

differences as (

    select
        first.protocol,
        first.metric,
        first.algorithm,
        second.algorithm as other_algorithm,

        count(*) as user_count,
        avg(first.value - second.value) as difference,
        stddev_samp(first.value - second.value) / sqrt(count(*))
            as standard_error

    from int_user_metrics as first
    inner join int_user_metrics as second
        on
            first.protocol = second.protocol
            and first.metric = second.metric
            and first.user_id = second.user_id
            and first.algorithm < second.algorithm
    group by
        first.protocol, first.metric, first.algorithm, second.algorithm

),

differences_compared as (

    select
        *,

        if(metric = 'squared_error', difference > 0, difference < 0)
            as is_other_better

    from differences

),

-- The better algorithm of a pair comes first.
pairs as (

    select
        protocol,
        metric,
        if(is_other_better, other_algorithm, algorithm) as algorithm,
        if(is_other_better, algorithm, other_algorithm) as other_algorithm,

        user_count,
        if(is_other_better, -difference, difference) as difference,
        {{ student_t_quantile('(user_count - 1)') }} * standard_error
            as ci_half_width,
        if(is_other_better, -difference, difference)
        / nullif(standard_error, 0) as t_statistic

    from differences_compared

),

pairs_tested as (

    select
        *,

        -- If all users have the same difference, t is undefined and p is 0,
        -- or 1 for a difference of 0.
        case
            when t_statistic is not null
                then {{ student_t_p_value('t_statistic', '(user_count - 1)') }}
            when user_count > 1 and difference <> 0 then 0d
            else 1d
        end as p_value

    from pairs

),

pairs_ordered as (

    select
        *,

        row_number() over (
            partition by protocol, metric
            order by p_value, algorithm, other_algorithm
        ) as p_value_rank,
        count(*) over (partition by protocol, metric) as pair_count

    from pairs_tested

),

-- Holm 1979: multiply the smallest p-value by the number of pairs n, the next
-- by n - 1, and so on. No result is less than the result before it.
pairs_corrected as (

    select
        protocol,
        metric,
        algorithm,
        other_algorithm,

        user_count,
        difference,
        difference - ci_half_width as ci_lower,
        difference + ci_half_width as ci_upper,
        t_statistic,
        p_value,
        max(least(1d, (pair_count - p_value_rank + 1) * p_value)) over (
            partition by protocol, metric
            order by p_value_rank
        ) as holm_p_value

    from pairs_ordered

),

pairs_compared as (

    select
        *,

        holm_p_value < 0.05 as is_significant

    from pairs_corrected

)

select * from pairs_compared
