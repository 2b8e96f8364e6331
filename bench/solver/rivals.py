"""Solves one mask problem with a rival and prints one JSON line.

    rivals.py reference|highs|cp-sat PROBLEM.json SECONDS THREADS

`reference` is the encoding of the SMUG reference implementation under libz3: an Int variable a pixel between 0 and
1, real-valued sums, Optimize.minimize. The others get the integer rows { offsets, columns, coefficients, bounds }
that our own solver works on.
"""

import json
import sys
import time


def reference(problem, seconds, _threads):
    import z3

    optimizer = z3.Optimize()
    optimizer.set("timeout", int(seconds * 1000))
    mask = [z3.Int(f"m{j}") for j in range(problem["variables"])]
    for m in mask:
        optimizer.add(m >= 0, m <= 1)
    for row in problem["rows"]:
        terms = [z3.RealVal(repr(a)) * z3.ToReal(mask[j]) for j, a in zip(row["columns"], row["coefficients"])]
        optimizer.add(z3.Sum(terms) > z3.RealVal(repr(row["lower"])))
    handle = optimizer.minimize(z3.Sum(mask))
    answer = optimizer.check()
    if answer == z3.sat:
        return {"status": "optimal", "size": optimizer.upper(handle).as_long(), "bound": optimizer.lower(handle).as_long()}
    return {"status": str(answer), "size": None, "bound": None}


def highs(problem, seconds, threads):
    import highspy
    import numpy

    solver = highspy.Highs()
    solver.silent()
    solver.setOptionValue("time_limit", float(seconds))
    solver.setOptionValue("threads", threads)
    n = problem["variables"]
    solver.addVars(n, numpy.zeros(n), numpy.ones(n))
    solver.changeColsCost(n, numpy.arange(n, dtype=numpy.int32), numpy.ones(n))
    solver.changeColsIntegrality(n, numpy.arange(n, dtype=numpy.int32), numpy.ones(n, dtype=numpy.uint8))
    bounds = numpy.asarray(problem["bounds"], dtype=float)
    solver.addRows(
        len(bounds), bounds, numpy.full(len(bounds), highspy.kHighsInf), len(problem["columns"]),
        numpy.asarray(problem["offsets"][:-1], dtype=numpy.int32),
        numpy.asarray(problem["columns"], dtype=numpy.int32),
        numpy.asarray(problem["coefficients"], dtype=float),
    )
    solver.run()
    info = solver.getInfo()
    optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    size = info.objective_function_value
    return {
        "status": "optimal" if optimal else "feasible",
        "size": None if size > 1e20 else round(size),
        "bound": max(0, round(info.mip_dual_bound + 0.499999)),
    }


def cp_sat(problem, seconds, threads):
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    mask = [model.NewBoolVar("") for _ in range(problem["variables"])]
    offsets = problem["offsets"]
    for row, bound in enumerate(problem["bounds"]):
        span = range(offsets[row], offsets[row + 1])
        terms = [problem["coefficients"][at] * mask[problem["columns"][at]] for at in span]
        model.Add(sum(terms) >= int(bound))
    model.Minimize(sum(mask))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = threads
    status = solver.Solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return {
        "status": solver.StatusName(status).lower(),
        "size": round(solver.ObjectiveValue()) if found else None,
        "bound": max(0, round(solver.BestObjectiveBound() + 0.499999)),
    }


def main():
    rival, path, seconds, threads = sys.argv[1:]
    with open(path) as file:
        problem = json.load(file)
    start = time.perf_counter()
    result = {"reference": reference, "highs": highs, "cp-sat": cp_sat}[rival](problem, float(seconds), int(threads))
    print(json.dumps({**result, "seconds": time.perf_counter() - start}))


main()
