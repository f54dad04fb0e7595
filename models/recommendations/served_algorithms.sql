{%- set uses = ['ranking', 'rating', 'similarity'] -%}
with

int_fit_plan as (

    select * from {{ ref('int_fit_plan') }}
    where protocol = 'all' and skipped_because is null

),

tuning_trials as (

    select * from {{ ref('tuning_trials') }}

),

algorithms_served as (

    {%- for use in uses %}

    select
        '{{ use }}' as use,

        algorithm,
        trial,
        ranking_rival_count,
        rating_rival_count

    from int_fit_plan
    where is_{{ use }}_algorithm
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

reasons_given as (

    select
        algorithms_served.use,

        algorithms_served.algorithm,
        tuning_trials.parameters,
        case
            when tuning_trials.trial is null then null
            when algorithms_served.use = 'rating' then 'rmse'
            else 'ndcg_at_10'
        end as metric,
        if(
            algorithms_served.use = 'rating',
            tuning_trials.error,
            1 - tuning_trials.ranking_error
        ) as validation_value,
        case
            {%- for use in uses if var(use ~ '_algorithm') != 'auto' %}
            when algorithms_served.use = '{{ use }}'
                then 'the var {{ use }}_algorithm names it'
            {%- endfor %}
            when tuning_trials.trial is null
                then 'it is the default, and no trial was made'
            when algorithms_served.use = 'similarity'
                then 'it ranks best of the algorithms with factors'
            else concat(
                'it is the best of ',
                if(
                    algorithms_served.use = 'rating',
                    algorithms_served.rating_rival_count,
                    algorithms_served.ranking_rival_count
                ),
                ' algorithms on the validation rows'
            )
        end as reason

    from algorithms_served
    left join tuning_trials
        on
            algorithms_served.algorithm = tuning_trials.algorithm
            and algorithms_served.trial = tuning_trials.trial

)

select * from reasons_given
