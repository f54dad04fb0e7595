{#-
    Select the protocols of the build from seeds/protocols.csv: `all`, the
    protocols of the var `protocols`, and `given` if the source gives train and
    test rows. The column skipped_because has the reason why a protocol is not
    evaluated, or null.
-#}
{% macro protocols_of_build() -%}
select
    protocols.protocol,

    protocols.split_by,

    if(
        protocols.split_by = 'given',
        int_rating_scale.fold_count,
        protocols.folds
    ) as folds,
    protocols.validation_fraction,
    protocols.test_fraction,
    protocols.test_count,
    protocols.fold_in_fraction,
    protocols.rating_limit,

    case
        when protocols.split_by = 'given' and int_rating_scale.fold_count = 0
            then
                'the protocol needs train and test rows that the source names'
        when
            not int_rating_scale.has_times
            and protocols.split_by in ('time', 'user_time', 'user_last')
            then 'the protocol needs times, and the ratings have none'
        when
            sizes.rating_count > protocols.rating_limit
            and not array_contains(
                {{ var_as_array('protocols_at_any_size') }}, protocols.protocol
            )
            then concat(
                'rating_limit in seeds/protocols.csv is ',
                format_number(protocols.rating_limit, 0),
                ', and there are ',
                format_number(sizes.rating_count, 0),
                ' ratings; make evaluate PROTOCOL=',
                protocols.protocol,
                ' ignores the limit'
            )
    end as skipped_because

from {{ ref('protocols') }} as protocols
cross join (
    select count(*) as rating_count from {{ ref('interactions') }}
) as sizes
cross join {{ ref('int_rating_scale') }} as int_rating_scale
where
    protocols.protocol = 'all'
    or array_contains({{ var_as_array('protocols') }}, protocols.protocol)
    or (protocols.split_by = 'given' and int_rating_scale.fold_count > 0)
{%- endmacro %}
