with

interactions as (

    select * from {{ ref('interactions') }}

),

given_splits as (

    {{ given_splits() | indent(4) }}

),

protocols_of_build as (

    {{ protocols_of_build() }}

),

protocol_folds as (

    select
        *,

        round(1 - test_fraction - validation_fraction, 9) as train_share,
        round(1 - test_fraction, 9) as fit_share,
        explode(sequence(0, cast(folds as int) - 1)) as fold

    from protocols_of_build
    where
        skipped_because is null
        {{ "and protocol = 'all'" if var('update') }}

),

-- Each fold shifts the hashes by its number times the test fraction, modulo 1,
-- so that each fold tests another interval of hashes. Rounding is needed
-- because in floating point 0.7 + 2 * 0.1 is less than 0.9.
ratings_hashed as (

    select
        protocol_folds.*,
        interactions.*,

        case protocol_folds.split_by
            when 'hash'
                then pmod(round(
                    {{ hash_fraction(['interactions.user_id', 'movie_id']) }}
                    + protocol_folds.fold * protocol_folds.test_fraction,
                    9
                ), 1)
            when 'user' then {{ hash_fraction(['interactions.user_id']) }}
            else 0
        end as position,
        protocol_folds.split_by = 'user'
        and {{ hash_fraction(['interactions.user_id', 'movie_id']) }}
        < protocol_folds.fold_in_fraction as is_folded_in

    from interactions
    cross join protocol_folds
    where protocol_folds.split_by in ('hash', 'user', 'none')

),

splits_by_hash as (

    select
        *,

        case
            when position < train_share then 'train'
            when position < fit_share then 'validation'
            when is_folded_in then 'fold_in'
            else 'test'
        end as split

    from ratings_hashed

),

times_counted as (

    select
        rated_at,

        count(*) as rating_count

    from interactions
    where rated_at is not null
    group by rated_at

),

-- Share of the ratings that are older. Ratings of the same second have the same
-- share, so they are in the same split. The oldest have 0 and are train rows.
times_placed as (

    select
        rated_at,

        (sum(rating_count) over (order by rated_at) - rating_count)
        / sum(rating_count) over () as position

    from times_counted

),

cuts as (

    select
        protocol_folds.protocol,
        protocol_folds.fold,

        max(times_placed.rated_at) filter (
            where times_placed.position < protocol_folds.train_share
        ) as train_until,
        max(times_placed.rated_at) filter (
            where times_placed.position < protocol_folds.fit_share
        ) as fit_until

    from protocol_folds
    left join times_placed on true
    where protocol_folds.split_by = 'time'
    group by protocol_folds.protocol, protocol_folds.fold

),

splits_by_time as (

    select
        cuts.*,
        interactions.*,

        case
            when
                interactions.rated_at is null
                or interactions.rated_at <= cuts.train_until
                then 'train'
            when interactions.rated_at <= cuts.fit_until then 'validation'
            else 'test'
        end as split

    from interactions
    cross join cuts

),

ratings_placed as (

    select
        protocol_folds.*,
        interactions.*,

        rank() over user_times - 1 as older_count,
        count(*) over (
            partition by protocol_folds.protocol, interactions.user_id
        ) as user_count,
        row_number() over (
            partition by protocol_folds.protocol, interactions.user_id
            order by
                rated_at desc,
                {{ hash_fraction(['interactions.user_id', 'movie_id']) }} desc,
                movie_id asc
        ) as place_from_last

    from interactions
    cross join protocol_folds
    where protocol_folds.split_by in ('user_time', 'user_last')
    window
        user_times as (
            partition by protocol_folds.protocol, interactions.user_id
            order by rated_at
        )

),

splits_by_user as (

    select
        *,

        case
            when place_from_last <= test_count then 'test'
            when place_from_last <= 2 * test_count then 'validation'
            when test_count is not null then 'train'
            when older_count / user_count < train_share then 'train'
            when older_count / user_count < fit_share then 'validation'
            else 'test'
        end as split

    from ratings_placed

),

folds_validated as (

    select distinct fold from given_splits
    where split = 'validation'

),

-- In a fold without validation rows, a hash chooses them from the train rows.
splits_by_source as (

    select
        protocol_folds.*,
        interactions.*,

        case
            when
                given_splits.split = 'train'
                and folds_validated.fold is null
                and {{ hash_fraction([
                    'interactions.user_id', 'interactions.movie_id'
                ]) }} < protocol_folds.validation_fraction
                then 'validation'
            else given_splits.split
        end as split

    from interactions
    inner join given_splits
        on
            interactions.user_id = given_splits.user_id
            and interactions.movie_id = given_splits.movie_id
    inner join protocol_folds
        on
            given_splits.fold = protocol_folds.fold
            and protocol_folds.split_by = 'given'
    left join folds_validated on given_splits.fold = folds_validated.fold

),

splits_combined as (

    {%- for table in [
        'splits_by_hash', 'splits_by_time', 'splits_by_user', 'splits_by_source'
    ] %}

    select
        protocol,
        fold,
        user_id,
        movie_id,

        split,
        rating,
        strength,

        is_relevant,

        rated_at

    from {{ table }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

)

select * from splits_combined
