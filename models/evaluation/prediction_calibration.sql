{%- set levels = [50, 80, 95] -%}
with

rating_biases as (

    select * from {{ ref('rating_biases') }}
    where protocol <> 'all' and side = 'user'

),

predictions as (

    select * from {{ ref('predictions') }}
    where prediction_stddev is not null

),

user_deciles as (

    {{ activity_deciles('rating_biases') | indent(4) }}

),

errors_standardised as (

    select
        predictions.algorithm,
        predictions.protocol,
        predictions.fold,
        user_deciles.decile,

        predictions.prediction_stddev,
        abs(predictions.rating - predictions.prediction)
        / predictions.prediction_stddev as error_in_stddevs

    from predictions
    inner join user_deciles
        on
            predictions.protocol = user_deciles.protocol
            and predictions.fold = user_deciles.fold
            and predictions.user_id = user_deciles.id

),

coverages_computed as (

    select
        algorithm,
        protocol,
        fold,
        decile,

        {%- for level in levels %}
        avg(cast(error_in_stddevs <= {{ normal_half_width(level) }} as int))
            as coverage_{{ level }},
        {%- endfor %}
        avg(prediction_stddev) as mean_stddev,
        count(*) as row_count

    from errors_standardised
    group by algorithm, protocol, fold, decile

)

select * from coverages_computed
