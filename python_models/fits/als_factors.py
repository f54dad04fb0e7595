from reelhouse.algorithms.als import fit_als
from reelhouse.algorithms.fit_jobs import fit_jobs
from reelhouse.algorithms.warm_start import WarmStart
from reelhouse.ingest.raw_files import forgotten_at_build


def model(dbt, spark):
    plan, warm_start = dbt.ref("int_fit_plan"), None
    forgotten_count = forgotten_at_build(dbt.ref("raw_files"))
    if dbt.is_incremental:
        plan = plan.where("protocol = 'all'")
        factors = spark.table(str(dbt.this)).where("protocol = 'all'")
        warm_start = WarmStart(factors, dbt.config.get("update_iterations"), forgotten_count)
    jobs = fit_jobs(
        plan=plan,
        ratings=dbt.ref("int_training_targets"),
        families=["als", "biased_als"],
        scale=dbt.ref("int_rating_scale"),
    )
    return fit_als(
        jobs,
        seed=dbt.config.get("seed"),
        solver=dbt.config.get("solver"),
        forgotten_count=forgotten_count,
        warm_start=warm_start,
    )
