{#-
    Select the folds in which a blend is not fitted, with the reason: no trial has
    chosen its algorithms, or one of them is skipped.

    `algorithms` are rows of the seed; `blend_parts` have the columns algorithm
    (a blend) and part (an algorithm of the blend); `skip_reasons` have the
    columns algorithm, protocol, fold and skipped_because.
-#}
{% macro skipped_blends(algorithms, blend_parts, skip_reasons) -%}
select
    blends.algorithm,
    blend_folds.protocol,
    blend_folds.fold,

    case
        when count(parts.part) = 0
            then 'no trial has chosen the algorithms to blend'
        else concat(min(part_folds.algorithm), ', a part of it, is skipped')
    end as skipped_because

from {{ algorithms }} as blends
inner join {{ skip_reasons }} as blend_folds using (algorithm)
left join {{ blend_parts }} as parts using (algorithm)
left join {{ skip_reasons }} as part_folds
    on
        parts.part = part_folds.algorithm
        and blend_folds.protocol = part_folds.protocol
        and blend_folds.fold = part_folds.fold
        and part_folds.skipped_because is not null
where blends.family = 'blend'
group by blends.algorithm, blend_folds.protocol, blend_folds.fold
having count(parts.part) = 0 or count(part_folds.algorithm) > 0
{%- endmacro %}
