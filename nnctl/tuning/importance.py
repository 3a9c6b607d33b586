"""How much each searched key mattered, by PED-ANOVA."""

from optuna.importance import PedAnovaImportanceEvaluator

from nnctl.tuning.study import Study

METHOD = "PED-ANOVA"
FEWEST = 10  # complete trials, below which the answer would be chance
GOOD = 5  # trials at least that count as good; more than a tenth of them where those are fewer


def importance_of(study: Study) -> dict[str, float]:
    """The share of each key in what sets the good trials apart, largest first; they add up to 1.

    A key matters as far as its values among the best trials are distributed otherwise than among
    all complete ones (Watanabe, Bansal and Hutter 2023, "PED-ANOVA"). Empty where fewer than ten
    trials are complete.
    """
    complete = sum(row.state == "complete" for row in study.rows())
    if complete < FEWEST:
        return {}
    evaluator = PedAnovaImportanceEvaluator(target_quantile=max(0.1, GOOD / complete))
    shares = evaluator.evaluate(study.load(), params=list(study.space.paths))
    total = sum(shares.values())
    return {path: value / total for path, value in shares.items()} if total > 0 else {}
