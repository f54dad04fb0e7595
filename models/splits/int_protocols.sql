with

protocols as (

    select * from {{ ref('protocols') }}

),

interactions as (

    select count(*) as rating_count from {{ ref('interactions') }}

),

int_rating_scale as (

    select * from {{ ref('int_rating_scale') }}

),

protocols_sized as (

    select
        protocols.*,

        case
            when
                not int_rating_scale.has_times
                and protocols.split_by in ('time', 'user_time', 'user_last')
                then 'the protocol needs times, and the ratings have none'
            when
                interactions.rating_count > protocols.rating_limit
                and not array_contains(
                    {{ var_as_array('protocols_at_any_size') }},
                    protocols.protocol
                )
                then concat(
                    'rating_limit in seeds/protocols.csv is ',
                    format_number(protocols.rating_limit, 0),
                    ', and there are ',
                    format_number(interactions.rating_count, 0),
                    ' ratings; make evaluate PROTOCOL=',
                    protocols.protocol,
                    ' ignores the limit'
                )
        end as skipped_because

    from protocols
    cross join interactions
    cross join int_rating_scale
    where
        protocols.protocol = 'all'
        or array_contains(
            {{ var_as_array('protocols') }}, protocols.protocol
        )

)

select * from protocols_sized
