#!/usr/bin/env python3
"""Checks certificates of smug-explain: a second checker, written from docs/certificate.md alone.

    python3 check_certificate.py CERTIFICATE.json... [--problem PROBLEM.json] [--lines] [--nodes N]

Standard library only; every number that decides is an integer or a Fraction. Prints one line per certificate: the verdict and
why. Exit code 0: all verified-exact; 3: some not-checked; 1: some refused; 2: bad usage. `--lines`: the files hold one
certificate per line. `--nodes`: nodes of search allowed for blocks (default 20,000 per certificate).

The heart of it is `refute`: forty lines that walk a tree of decisions and see why each branch is empty.
"""

import argparse
import hashlib
import json
import math
import struct
import sys

FREE = 2
WHOLE = 2**53 - 1


class Refused(Exception):
    """Something the certificate says is false, or its form is wrong."""


class NotChecked(Exception):
    """Part of it was not shown here."""


def need(condition, reason):
    if not condition:
        raise Refused(reason)


# --- rows: (values by column, right side), meaning sum of values of ones >= right side ---------------------------------


def exact_row(row):
    """The problem's row in integers: sum a M > lower becomes sum A M >= L + 1. With the denominator it was multiplied by."""
    merged = {}
    terms = [(column, *value.as_integer_ratio()) for column, value in zip(row["columns"], row["coefficients"])]
    lower, denominator = row["lower"].as_integer_ratio()
    common = max([denominator] + [below for _, _, below in terms])  # powers of two
    for column, above, below in terms:
        merged[column] = merged.get(column, 0) + above * (common // below)
    values = {column: value for column, value in merged.items() if value}
    return values, lower * (common // denominator) + 1, common


def rounded_row(row, scale):
    """sum ceil(a 2^scale) M >= floor(lower 2^scale) + 1, from the exact row."""
    values, right, common = row
    up, down = (1 << scale, 1) if scale >= 0 else (1, 1 << -scale)
    divisor = common * down
    rounded = {column: -(-value * up // divisor) for column, value in values.items()}
    return {column: value for column, value in rounded.items() if value}, (right - 1) * up // divisor + 1


def narrowed(row, local, outside):
    """The row over a component's columns; what is outside is at its value, or at its best."""
    values, right = {}, row[1]
    for variable, value in row[0].items():
        if variable in local:
            values[local[variable]] = value
        elif outside(variable) == 1 or (outside(variable) is None and value > 0):
            right -= value
    return values, right


def most(row, decided):
    """The largest sum a row can reach with what is decided (by column; FREE or missing: not yet)."""
    total = 0
    for column, value in row[0].items():
        at = decided.get(column, FREE) if isinstance(decided, dict) else decided[column]
        if at == 1 or (at == FREE and value > 0):
            total += value
    return total


# --- the heart: no 0/1 point satisfies these rows ----------------------------------------------------------------------


def refute(columns, exact, rounded, allowed, fixed, tree):
    """Walks a tree in preorder. `allowed`: ones that the size row allows, None without it."""
    decided = [FREE] * columns
    for column, value in fixed.items():
        decided[column] = value
    path = []
    for at, node in enumerate(tree):
        if not isinstance(node, list):
            need(node < columns and decided[node] == FREE, f"node {at} decides no free column")
            decided[node] = 1
            path.append(node)
            continue
        need(empty(node, exact, rounded, allowed, decided), f"node {at} does not end its branch")
        while path and decided[path[-1]] == 0:
            decided[path.pop()] = FREE
        if not path:
            need(at == len(tree) - 1, "the tree goes on after its end")
            return
        decided[path[-1]] = 0
    raise Refused("the tree has an open branch")


def empty(leaf, exact, rounded, allowed, decided):
    kind, numbers = leaf[0], leaf[1:]
    need(below(numbers[::2] if kind == "dual" else numbers, len(exact)), "no such row")
    if kind == "row":
        return most(exact[numbers[0]], decided) < exact[numbers[0]][1]
    if kind == "dual":
        sum_of_rows = added_up(rounded, numbers)
        return most(sum_of_rows, decided) < sum_of_rows[1]
    need(allowed is not None, "nothing limits the number of ones")
    need(len(set(numbers)) == len(numbers), "a leaf names a row twice")
    ones, taken = decided.count(1), set()
    for row in numbers:
        values, missing = exact[row]
        missing -= sum(value for column, value in values.items() if decided[column] == 1)
        helping = [column for column, value in values.items() if decided[column] == FREE and value > 0]
        need(taken.isdisjoint(helping), "two rows share a column")
        taken.update(helping)
        for value in sorted((values[column] for column in helping), reverse=True):
            if missing <= 0:
                break
            missing -= value
            ones += 1
        if missing > 0:
            return True
    return ones > allowed


def added_up(rows, pairs):
    """Rows with multipliers, in turns, as one row."""
    factors = {}
    for row, times in zip(pairs[::2], pairs[1::2]):
        factors[row] = factors.get(row, 0) + times
    sums, right = {}, 0
    for row, times in factors.items():
        right += times * rows[row][1]
        for column, value in rows[row][0].items():
            sums[column] = sums.get(column, 0) + times * value
    return sums, right


def refute_by_lemmas(columns, rows, vectors, numbers):
    """Clauses, each of which follows from rows and earlier ones step by step; the last one is empty."""
    lemmas, at = [], 0
    while at < len(numbers):
        clause = numbers[at + 1 : at + 1 + numbers[at]]
        at += 1 + len(clause)
        decided = {}
        for literal in clause:
            column, value = divmod(literal, 2)
            need(column < columns and decided.get(column) != value, "a lemma has a literal that there is not")
            decided[column] = 1 - value
        while True:
            need(at + 1 < len(numbers), "a lemma does not end")
            count, (index, kind) = numbers[at], divmod(numbers[at + 1], 3)
            literals = numbers[at + 2 : at + 2 + count]
            at += 2 + count
            need(index < (len(rows), len(vectors), len(lemmas))[kind], "a lemma has a source that there is not")
            if kind == 2:
                still = [literal for literal in lemmas[index] if decided.get(literal // 2) != 1 - literal % 2]
                need(still == literals and len(still) < 2, "a step does not follow from its lemma")
            else:
                row = rows[index] if kind == 0 else added_up(rows, vectors[index])
                top = most(row, decided)
                need(literals or top < row[1], "a lemma's source can still hold")
                for column, value in (divmod(literal, 2) for literal in literals):
                    lost = row[0].get(column, 0) if value else -row[0].get(column, 0)
                    follows = column not in decided and lost > 0 and top - lost < row[1]
                    need(follows, "a literal does not follow from its row")
            decided.update((literal // 2, literal % 2) for literal in literals)
            if count == 0:
                break
        lemmas.append(clause)
        if not clause:
            need(at == len(numbers), "the lemmas go on after the empty one")
            return
    raise Refused("the lemmas do not end with the empty one")


def check_cut(rows, cut):
    """The cut follows from its rows added up: a knapsack table of the largest gain for each left side."""
    gains, right = {}, 0
    for row, times in zip(cut["rows"], cut["times"]):
        right += times * rows[row][1]
        for column, value in rows[row][0].items():
            gains[column] = gains.get(column, 0) + times * value
    price = dict(zip(cut["columns"], cut["coefficients"]))
    need(len(price) == len(cut["columns"]), "a cut names a column twice")
    bound = cut["bound"] - sum(value for value in price.values() if value < 0)
    if bound <= 0:
        return
    need(bound <= 256, "a cut's left side is above 255")
    best = [0] * bound
    for column, gain in gains.items():
        cost = price.get(column, 0)
        need(gain * cost >= 0, "a cut has the wrong sign")
        if gain < 0:
            right -= gain
        gain, cost = abs(gain), abs(cost)
        if cost == 0:
            right -= gain
        for spent in range(bound - 1, cost - 1, -1) if cost else ():
            best[spent] = max(best[spent], best[spent - cost] + gain)
    need(best[-1] < right, "a cut does not follow from its rows")


def cut_row(cut):
    return dict(zip(cut["columns"], cut["coefficients"])), cut["bound"]


def cost_row(costs, below):
    return {column: -cost for column, cost in enumerate(costs) if cost}, 1 - below


# --- blocks ------------------------------------------------------------------------------------------------------------


def check_blocks(columns, rows, proof, bound, budget):
    left, total = [2**40] * columns, 0
    for block in proof["blocks"]:
        total += block["bound"]
        for column, cost in zip(block["columns"], block["costs"]):
            left[column] -= cost
    for cut in proof["cuts"]:
        total += cut["multiplier"] * cut["bound"]
        for column, value in zip(cut["columns"], cut["coefficients"]):
            left[column] -= cut["multiplier"] * value
    total += sum(value for value in left if value < 0)
    need(total > (bound - 1) * 2**40, "the blocks do not add up to the bound")
    for cut in proof["cuts"]:
        check_cut(rows, cut)
    for block in proof["blocks"]:
        check_block(rows, block, budget)


def check_block(rows, block, budget):
    local = {column: at for at, column in enumerate(block["columns"])}
    need(len(local) == len(block["columns"]), "a block names a column twice")
    need(sum(map(abs, block["costs"])) < 2**52 > abs(block["bound"]), "a block's costs or bound reach 2^52")
    own = []
    for row in block["rows"]:
        need(local.keys() >= rows[row][0].keys(), "a block's row has a column that the block does not have")
        own.append(narrowed(rows[row], local, lambda _: None))
    for cut in block["cuts"]:
        need(set(block["rows"]) >= set(cut["rows"]), "a cut comes from rows of other blocks")
        need(local.keys() >= set(cut["columns"]), "a cut has a column that the block does not have")
        check_cut(rows, cut)
        own.append(narrowed(cut_row(cut), local, lambda _: None))
    if "tree" in block:
        system = own + [cost_row(block["costs"], block["bound"])]
        refute(len(local), system, system, None, {}, block["tree"])
    else:
        multipliers = block["search"]["multipliers"]
        need(len(multipliers) == len(own), "a block needs a multiplier for every row and cut")
        search(own, block["costs"], block["bound"], multipliers, budget)


def search(rows, costs, target, multipliers, budget):
    """Branch and bound on the Lagrangian relaxation: every point of the rows costs the target or more."""
    weights = [1 / (sum(float(value) ** 2 for value in values.values()) or 1) for values, _ in rows]
    open_nodes = [({}, list(multipliers), 120)]
    while open_nodes:
        decided, best, steps = open_nodes.pop()
        budget[0] -= 1
        if budget[0] < 0:
            raise NotChecked("the blocks ask for more search than is allowed")
        if not propagate(rows, decided):
            continue
        lift, current, factor, stalled, point, closed = -math.inf, best, 1.0, 0, None, False
        for _ in range(steps + 1):
            reduced = list(costs)
            for (values, _), times in zip(rows, current):
                for column, value in values.items() if times else ():
                    reduced[column] -= times * value
            bound = sum(times * right for (_, right), times in zip(rows, current))
            taken = [decided.get(column, int(reduced[column] < 0)) for column in range(len(costs))]
            bound += sum(value for value, one in zip(reduced, taken) if one)
            if bound >= target:
                closed = True
                break
            if bound > lift:
                lift, best, stalled, point = bound, current, 0, reduced
                for column, value in enumerate(reduced):
                    if column not in decided and abs(value) >= target - bound:
                        decided[column] = int(value < 0)
                if not propagate(rows, decided):
                    closed = True
                    break
            else:
                stalled += 1
                if stalled >= 4:
                    factor, stalled = factor / 2, 0
            slopes = [right - sum(v for c, v in values.items() if taken[c]) for values, right in rows]
            slopes = [0 if slope < 0 and not times else slope for slope, times in zip(slopes, current)]
            norm = sum(slope * slope * weight for slope, weight in zip(slopes, weights))
            if not norm:
                break
            length = factor * 1.05 * (target - bound) / norm
            current = [max(0, math.floor(t + length * s * w)) for t, s, w in zip(current, slopes, weights)]
        if closed:
            continue
        free = [column for column in range(len(costs)) if column not in decided]
        if not free:
            need(sum(cost for column, cost in enumerate(costs) if decided[column]) >= target, "a block has a cheaper point")
            continue
        # The column whose rows weigh most, and which the relaxation is least sure of.
        weigh = lambda c: sum(t * abs(values.get(c, 0)) for (values, _), t in zip(rows, best)) / (1 + abs(point[c]))
        column = max(free, key=weigh)
        first = int(point[column] < 0)
        open_nodes += [({**decided, column: value}, best, 12) for value in (1 - first, first)]


def propagate(rows, decided):
    changed = True
    while changed:
        changed = False
        for values, right in rows:
            room = most((values, right), decided) - right
            if room < 0:
                return False
            for column, value in values.items():
                if column not in decided and abs(value) > room:
                    decided[column] = int(value > 0)
                    changed = True
    return True


# --- the claims --------------------------------------------------------------------------------------------------------


def check(certificate, problem=None, nodes=20_000):
    """Raises Refused; returns why parts were not checked (nothing: everything was)."""
    check_form(certificate)
    own = certificate["problem"]
    digest = problem_hash(own)
    need(digest == certificate["problemSha256"], "the problem has another hash")
    need(problem is None or problem_hash(problem) == digest, "the certificate is about another problem")
    check_numbers(certificate)
    mask = certificate["mask"]
    if mask is not None:
        for index, row in enumerate(own["rows"]):
            need(holds(exact_row(row), mask), f"the mask breaks row {index}")
    forced = check_forced(certificate)
    checker = Checker(certificate, forced, nodes)
    checker.bound()
    if "core" in certificate or "heaviest" in certificate:
        checker.smallest()
    return checker.reasons


def holds(row, mask):
    return sum(value for variable, value in row[0].items() if mask[variable]) >= row[1]


def check_numbers(certificate):
    status, mask, size, lower = (certificate[name] for name in ("status", "mask", "size", "lowerBound"))
    if mask is None:
        need(status in ("infeasible", "unknown"), "there is no mask")
        need(size == 0 and certificate["gap"] == 1, "without a mask the size is 0 and the gap 1")
        need(status != "infeasible" or lower == 0, "the bound of an infeasible problem is written as 0")
        need("core" not in certificate and "heaviest" not in certificate, "smallest masks without a mask")
        return
    need(status in ("optimal", "feasible"), "there is a mask")
    need("conflict" not in certificate, "a row cannot hold, but there is a mask")
    need(sum(mask) == size, "the mask has another size")
    need(lower <= size and (status != "optimal" or lower == size), "bound and size contradict each other")
    need(certificate["gap"] == (0 if size == 0 else (size - lower) / size), "the gap is another one")


def check_forced(certificate):
    rows = certificate["problem"]["rows"]
    named = {step["row"] for step in certificate["forced"]} | {certificate.get("conflict")} - {None}
    exact = {row: exact_row(rows[row]) for row in named}
    top = {row: most(exact[row], {}) for row in named}
    touching = {}
    for row in named:
        for variable in exact[row][0]:
            touching.setdefault(variable, []).append(row)
    forced = {}
    for step in certificate["forced"]:
        variable, value, row = step["variable"], step["value"], step["row"]
        need(variable not in forced, "a variable is forced twice")
        entry = exact[row][0].get(variable, 0)
        lost = max(0, entry if value else -entry)
        need(top[row] - lost < exact[row][1], f"row {row} does not force variable {variable}")
        forced[variable] = value
        for other in touching.get(variable, []):
            entry = exact[other][0][variable]
            top[other] -= abs(entry) if (entry > 0) != bool(value) else 0
    if "conflict" in certificate:
        row = certificate["conflict"]
        need(top[row] < exact[row][1], "the conflict's row can hold")
    return forced


class Checker:
    def __init__(self, certificate, forced, nodes):
        self.certificate = certificate
        self.forced = forced
        self.budget = [nodes]
        self.reasons = []
        self.inside = set()
        for component in certificate["components"]:
            for variable in component["variables"]:
                need(variable not in self.inside and variable not in forced, "a variable is counted twice")
                self.inside.add(variable)
        self.total = sum(forced.values()) + sum(c["lowerBound"] for c in certificate["components"])

    def prove(self, component, claim, outside, added, allowed, fixed, name):
        """The system of a component with rows added, refuted by the claim's proof."""
        exact, rounded = self.system(component, outside)
        if "proof" not in claim:
            self.reasons.append(f"{name} spells out no proof")
            return
        proof = claim["proof"]
        try:
            if proof["kind"] == "blocks":
                check_blocks(len(component["variables"]), rounded, proof, allowed + 1, self.budget)
                return
            for cut in proof.get("cuts", []):
                check_cut(rounded, cut)
            more = added + [cut_row(cut) for cut in proof.get("cuts", [])]
            columns = len(component["variables"])
            if proof["kind"] == "lemmas":
                size = len(rounded + more)
                need(all(below(vector[::2], size) for vector in proof["vectors"]), "a vector names no row")
                refute_by_lemmas(columns, rounded + more, proof["vectors"], proof["lemmas"])
            else:
                refute(columns, exact + more, rounded + more, allowed, fixed, proof["tree"])
        except NotChecked as reason:
            self.reasons.append(f"{name}: {reason}")
        except Refused as reason:
            raise Refused(f"{name}: {reason}") from None

    def system(self, component, outside):
        rows, scales = self.certificate["problem"]["rows"], self.certificate["scales"]
        local = {variable: column for column, variable in enumerate(component["variables"])}
        whole = [exact_row(rows[row]) for row in component["rows"]]
        exact = [narrowed(row, local, outside) for row in whole]
        rounded = [narrowed(rounded_row(row, scales[at]), local, outside) for row, at in zip(whole, component["rows"])]
        clauses = []
        for clause in component["clauses"]:
            pattern = dict(zip(clause["columns"], clause["values"]))
            need(len(pattern) == len(clause["columns"]), "a clause names a column twice")
            source = exact[clause["row"]]
            need(most(source, pattern) < source[1], "a clause does not follow from its row")
            clauses.append(({c: -1 if v else 1 for c, v in pattern.items()}, 1 - sum(pattern.values())))
        return exact + clauses, rounded + clauses

    def bound(self):
        status, components = self.certificate["status"], self.certificate["components"]
        if "conflict" in self.certificate:
            need(status == "infeasible", "a row cannot hold, but the status is another")
            return
        impossible = any("infeasible" in component for component in components)
        need(impossible == (status == "infeasible"), "status and components contradict each other")
        need(impossible or self.total >= self.certificate["lowerBound"], "the bounds add up to less")
        for index, component in enumerate(components):
            name = f"component {index}"
            if "infeasible" in component:
                self.prove(component, component, self.forced.get, [], None, {}, name)
            elif component["lowerBound"] > 0 and not impossible:
                allowed = component["lowerBound"] - 1
                self.prove(component, component, self.forced.get, [size_row(component, allowed)], allowed, {}, name)

    def smallest(self):
        """What is said of all smallest masks: each has the bounds' ones in the components, and none outside."""
        certificate, mask = self.certificate, self.certificate["mask"]
        need(certificate["status"] == "optimal" and self.total == certificate["size"], "the minimum is not proven")
        for component in certificate["components"]:
            ones = sum(mask[variable] for variable in component["variables"])
            need(ones == component["lowerBound"], "the mask has other ones in a component than its bound")
        if "heaviest" in certificate:
            for index, component in enumerate(certificate["components"]):
                self.heaviest(component, f"heaviest mask, component {index}")
        if "core" in certificate:
            self.core()

    def outside(self, variable):
        return self.forced.get(variable, None if variable in self.inside else 0)

    def same(self, component, name):
        """No smallest mask differs from the mask in the columns `same`."""
        core = component["core"]
        own = [self.certificate["mask"][variable] for variable in component["variables"]]
        differ = {column: -1 if own[column] else 1 for column in core["same"]}
        right = 1 - sum(own[column] for column in core["same"])
        allowed = component["lowerBound"]
        added = [size_row(component, allowed), (differ, right)]
        self.prove(component, core, self.outside, added, allowed, {}, name)

    def heaviest(self, component, name):
        claimed = self.certificate["heaviest"] == "proven"
        need("weights" in self.certificate["problem"], "the problem has no weights")
        weights = [self.certificate["problem"]["weights"][variable] for variable in component["variables"]]
        if "heaviest" not in component:
            need(not claimed or len(set(weights)) <= 1, f"{name}: nothing is said of it")
            return
        claim = component["heaviest"]
        check_costs(weights, claim["costs"])
        own = [self.certificate["mask"][variable] for variable in component["variables"]]
        cost = sum(value for value, one in zip(claim["costs"], own) if one)
        need(cost == claim["cost"], f"{name}: the mask costs {cost}")
        need(claim["proven"] or not claimed, f"{name}: it is unproven")
        if not claim["proven"] or cost == 0:
            return
        fixed = {}
        if "usesCore" in claim:
            need("core" in component, f"{name}: there is no core to use")
            self.same(component, name)
            fixed = {column: own[column] for column in component["core"]["same"]}
        allowed = component["lowerBound"]
        added = [size_row(component, allowed), cost_row(claim["costs"], cost)]
        self.prove(component, claim, self.outside, added, allowed, fixed, name)

    def core(self):
        certificate, mask = self.certificate, self.certificate["mask"]
        touching = {}
        for index, row in enumerate(certificate["problem"]["rows"]):
            for variable in row["columns"]:
                touching.setdefault(variable, set()).add(index)
        differ, other = set(), list(mask)
        for changed in certificate.get("witnesses", []):
            for variable in changed:
                other[variable] = 1 - other[variable]
            need(sum(2 * other[variable] - 1 for variable in changed) == 0, "a witness has another size")
            # All other rows hold as they do for the mask itself.
            for index in set().union(*(touching.get(variable, ()) for variable in changed)):
                need(holds(exact_row(certificate["problem"]["rows"][index]), other), f"a witness breaks row {index}")
            for variable in changed:
                other[variable] = mask[variable]
            differ.update(changed)
        covered = set()
        for component in certificate["components"]:
            covered.update(component["variables"][column] for column in component.get("core", {"same": []})["same"])
        roles, proven = certificate["core"]["roles"], certificate["core"]["proven"]
        for variable, role in enumerate(roles):
            if not proven[variable]:
                continue
            expected = 1 if variable in differ else 2 * mask[variable]
            need(role == expected, f"core: variable {variable} has another role")
            shown = role == 1 or variable not in self.inside or variable in covered
            need(shown, f"core: the role of variable {variable} is proven by nothing")
        for index, component in enumerate(certificate["components"]):
            if "core" in component and any(proven[v] and roles[v] != 1 for v in component["variables"]):
                self.same(component, f"core, component {index}")


def size_row(component, allowed):
    return {column: -1 for column in range(len(component["variables"]))}, -allowed


def check_costs(weights, costs):
    if not weights:
        return
    ratios = [weight.as_integer_ratio() for weight in weights]
    common = max(below for _, below in ratios)
    units = [above * (common // below) for above, below in ratios]
    spread = max(units) - min(units)
    for value, cost in zip(units, costs):
        miss = cost * spread - (max(units) - value) * (2**20 - 1)
        need(abs(miss) <= spread if spread else cost == 0, "a cost is not what its weight makes it")


def problem_hash(problem):
    """SHA-256 of the little-endian form that the specification describes."""
    lengths = [len(row["columns"]) for row in problem["rows"]]
    offsets = [0]
    for length in lengths:
        offsets.append(offsets[-1] + length)
    integers = [problem["variables"], len(lengths), *offsets]
    integers += [column for row in problem["rows"] for column in row["columns"]]
    floats = [value for row in problem["rows"] for value in row["coefficients"]]
    floats += [row["lower"] for row in problem["rows"]] + problem.get("weights", [])
    packed = struct.pack(f"<{len(integers)}I", *integers) + struct.pack(f"<{len(floats)}d", *(v + 0.0 for v in floats))
    return hashlib.sha256(packed).hexdigest()


# --- form: a field is (type, required); a type is a function that checks a value and returns it plain --------------------


def whole(least=-WHOLE, greatest=WHOLE):
    def convert(value, at):
        need(type(value) in (int, float) and least <= value <= greatest, f"{at}: a number from {least} to {greatest}")
        need(value == int(value), f"{at}: a whole number")
        return int(value)

    return convert


def real(value, at):
    need(type(value) in (int, float), f"{at}: a number")
    try:
        value = float(value)
    except OverflowError:
        value = math.inf
    need(math.isfinite(value), f"{at}: a finite number")
    return value


def one_of(*choices):
    def convert(value, at):
        need(any(value == choice and type(value) is type(choice) for choice in choices), f"{at}: one of {choices}")
        return value

    return convert


def text(longest):
    def convert(value, at):
        need(isinstance(value, str) and len(value.encode("utf-16-le", "surrogatepass")) // 2 <= longest, f"{at}: a short text")
        return value

    return convert


def many(kind, longest=math.inf):
    def convert(value, at):
        need(isinstance(value, list) and len(value) <= longest, f"{at}: a list")
        return [kind(entry, at) for entry in value]

    return convert


def fields(**kinds):
    """Fields whose name ends in _ may be missing."""
    known = {name.rstrip("_"): (kind, not name.endswith("_")) for name, kind in kinds.items()}

    def convert(value, at):
        need(isinstance(value, dict), f"{at}: an object")
        need(value.keys() <= known.keys(), f"{at}: an unknown field")
        for name, (_, required) in known.items():
            need(name in value or not required, f"{at}: {name} is missing")
        return {name: known[name][0](entry, f"{at}.{name}") for name, entry in value.items()}

    return convert


def either(test, first, second):
    return lambda value, at: (first if test(value) else second)(value, at)


def of_kind(kind):
    return lambda value: isinstance(value, dict) and value.get("kind") == kind


def tree_node(value, at):
    if not isinstance(value, list):
        return INDEX(value, at)
    need(len(value) > 0, f"{at}: an empty leaf")
    kind = one_of("row", "dual", "pack")(value[0], at)
    need((kind != "row" or len(value) == 2) and (kind != "dual" or len(value) % 2 == 1), f"{at}: a leaf")
    return [kind] + [COUNT(entry, at) for entry in value[1:]]


COUNT, INDEX, BIT = whole(0), whole(0, 2**30), whole(0, 1)
CUT = dict(
    rows=many(INDEX, 64), times=many(whole(1, 1023), 64), columns=many(INDEX),
    coefficients=many(whole(-255, 255)), bound=whole(),
)  # fmt: skip
SAID = many(fields(by=text(40), version_=text(100), seed_=COUNT))
TREE = many(tree_node)
TREE_PROOF = fields(kind=one_of("tree"), cuts_=many(fields(**CUT)), tree=TREE)
BLOCK = fields(
    rows=many(INDEX), cuts=many(fields(**CUT)), columns=many(INDEX), costs=many(whole()), bound=whole(),
    search_=fields(multipliers=many(COUNT), nodes=COUNT), tree_=TREE,
)  # fmt: skip
BLOCKS_PROOF = fields(kind=one_of("blocks"), blocks=many(BLOCK), cuts=many(fields(multiplier=COUNT, **CUT)))
LEMMA_PROOF = fields(
    kind=one_of("lemmas"), cuts_=many(fields(**CUT)), vectors=many(many(COUNT)), lemmas=many(COUNT),
)  # fmt: skip
PROOF = either(of_kind("blocks"), BLOCKS_PROOF, either(of_kind("lemmas"), LEMMA_PROOF, TREE_PROOF))
COMPONENT = fields(
    variables=many(INDEX), rows=many(INDEX), lowerBound=COUNT, infeasible_=one_of(True), proof_=PROOF, said=SAID,
    clauses=many(fields(row=INDEX, columns=many(INDEX), values=many(BIT))),
    core_=fields(same=many(INDEX), proof_=TREE_PROOF, said=SAID),
    heaviest_=fields(
        costs=many(whole(0, 2**20 - 1)), cost=COUNT, proven=one_of(True, False), usesCore_=one_of(True),
        proof_=TREE_PROOF, said=SAID,
    ),
)  # fmt: skip
ROW = fields(columns=many(INDEX), coefficients=many(real), lower=real)
PROBLEM = fields(variables=INDEX, rows=many(ROW), weights_=many(real))
CERTIFICATE = fields(
    format=one_of("smug-certificate"), version=whole(2, 2), problem=PROBLEM, problemSha256=text(64),
    status=one_of("optimal", "feasible", "infeasible", "unknown"),
    mask=either(lambda value: value is None, lambda value, at: value, many(BIT)),
    size=COUNT, lowerBound=COUNT, gap=real, backend=text(40), provers=many(text(100), 100),
    scales=many(whole(-1200, 1200)), forced=many(fields(variable=INDEX, value=BIT, row=INDEX)), conflict_=INDEX,
    components=many(COMPONENT), heaviest_=one_of("proven", "unproven"),
    core_=fields(roles=many(whole(0, 2)), proven=many(BIT)), witnesses_=many(many(INDEX)),
)  # fmt: skip


def check_form(certificate):
    """Converts the certificate in place to plain integers and floats; every index is within its list."""
    converted = CERTIFICATE(certificate, "certificate")
    certificate.clear()
    certificate.update(converted)
    need(0 <= certificate["gap"] <= 1, "the gap is from 0 to 1")
    problem = certificate["problem"]
    check_problem(problem)
    variables, rows = problem["variables"], len(problem["rows"])
    need(certificate["mask"] is None or len(certificate["mask"]) == variables, "the mask has another length")
    need(len(certificate["scales"]) == rows, "scales has another length")
    need(all(s["variable"] < variables and s["row"] < rows for s in certificate["forced"]), "a forced step names nothing")
    need(certificate.get("conflict", -1) < rows, "the conflict names no row")
    for name in ("roles", "proven") if "core" in certificate else ():
        need(len(certificate["core"][name]) == variables, "the core has another length")
    for changed in certificate.get("witnesses", []):
        need(below(changed, variables) and len(set(changed)) == len(changed), "a witness names nothing, or twice")
    for component in certificate["components"]:
        check_component(component, variables, rows)


# --- full encodings: about a network, which is no part of the file ------------------------------------------------------

ENCODING = fields(
    format=one_of("smug-encoding-certificate"), version=whole(1, 1),
    model=fields(source=text(4096), sha256=text(64)),
    image=fields(
        inputShape=many(whole(1, 2**20), 8), height=whole(1, 2**20), width=whole(1, 2**20),
        layout=one_of("channels-first", "channels-last"), x=many(real),
    ),
    target=INDEX, delta=real, status=one_of("optimal", "feasible", "infeasible", "unknown"),
    mask=either(lambda value: value is None, lambda value, at: value, many(BIT)),
    size=COUNT, lowerBound=COUNT, gap=real, said=fields(by=text(1000), nodes=COUNT, tried=COUNT),
)  # fmt: skip


def check_encoding(certificate):
    """Form and numbers alone: whether the mask keeps the class only the network can tell."""
    certificate = ENCODING(certificate, "certificate")
    image, status, mask = certificate["image"], certificate["status"], certificate["mask"]
    size, bound, gap = certificate["size"], certificate["lowerBound"], certificate["gap"]
    pixels = image["height"] * image["width"]
    need(0 <= certificate["delta"] <= 1e30, "delta is from 0 to 1e30")
    need(math.prod(image["inputShape"]) == len(image["x"]), "x has another size than the input")
    need(len(image["x"]) % pixels == 0, "the numbers of x are no whole number per pixel")
    need((mask is not None) == (status in ("optimal", "feasible")), f"{status} does not go with its mask")
    if mask is None:
        need(size == 0 and gap == 1, "without a mask the size is 0 and the gap 1")
        need(status != "infeasible" or bound == 0, "the bound where no mask keeps the class is 0")
    else:
        need(len(mask) == pixels, "the mask has another length")
        need(sum(mask) == size, "the mask has another size")
        need(bound <= size and (status != "optimal" or bound == size), "the bound does not go with the size")
        need(gap == (0 if size == 0 else (size - bound) / size), "the gap does not go with size and bound")
    return [
        "the certificate of a full encoding: form, size, gap and bound go together; that the mask keeps the class and no smaller one does is about "
        f"the network {certificate['model']['sha256'][:12]}..., which is no part of the file: smug verify --model"
    ]


def check_problem(problem):
    for row in problem["rows"]:
        need(len(row["columns"]) == len(row["coefficients"]), "a row has lists of unequal length")
        need(below(row["columns"], problem["variables"]), "a row names no variable")
    need(len(problem.get("weights", [])) in ({problem["variables"]} if "weights" in problem else {0}), "weights")


def check_component(component, variables, rows):
    columns, own = len(component["variables"]), len(component["rows"])
    need(below(component["variables"], variables), "a component names no variable")
    need(below(component["rows"], rows) and len(set(component["rows"])) == own, "a component's rows")
    need("infeasible" not in component or component["lowerBound"] == 0, "the bound of an infeasible component")
    for clause in component["clauses"]:
        need(len(clause["columns"]) == len(clause["values"]), "a clause has lists of unequal length")
        need(below(clause["columns"], columns) and clause["row"] < own, "a clause names nothing")
    same = component.get("core", {}).get("same", [])
    need(below(same, columns) and len(set(same)) == len(same), "a core names no column, or twice")
    heaviest = component.get("heaviest", {})
    need(len(heaviest.get("costs", [])) in ({columns} if heaviest else {0}), "costs has another length")
    for claim in (component, component.get("core", {}), heaviest):
        proof = claim.get("proof", {})
        cuts = list(proof.get("cuts", []))
        need(all(len(vector) % 2 == 0 for vector in proof.get("vectors", [])), "a vector needs pairs")
        for block in proof.get("blocks", []):
            cuts += block["cuts"]
            need(below(block["rows"], own) and len(set(block["rows"])) == len(block["rows"]), "a block's rows")
            need(below(block["columns"], columns) and len(block["columns"]) == len(block["costs"]), "a block's columns")
            need(("tree" in block) != ("search" in block), "a block needs a search or a tree")
        for cut in cuts:
            need(below(cut["rows"], own) and len(cut["rows"]) == len(cut["times"]), "a cut's rows")
            need(below(cut["columns"], columns) and len(cut["columns"]) == len(cut["coefficients"]), "a cut's columns")


def below(numbers, limit):
    return all(number < limit for number in numbers)


# --- command line ------------------------------------------------------------------------------------------------------


def verdict_of(source, problem, nodes):
    try:
        certificate = json.loads(source)
        need(isinstance(certificate, dict), "not a JSON object")
        if certificate.get("format") == "smug-encoding-certificate":
            need(problem is None, "it is about a network, not about the problem given")
            reasons = check_encoding(certificate)
        else:
            reasons = check(certificate, problem, nodes)
    except Refused as reason:
        return "refused", str(reason)
    except (ValueError, RecursionError) as reason:
        return "refused", f"not JSON: {reason}"
    return ("not-checked", "; ".join(reasons)) if reasons else ("verified-exact", "")


def main():
    parser = argparse.ArgumentParser(description="Checks certificates of smug-explain.")
    parser.add_argument("certificates", nargs="+", metavar="CERTIFICATE.json")
    parser.add_argument("--problem", help="the mask problem that is meant")
    parser.add_argument("--lines", action="store_true", help="the files hold one certificate per line")
    parser.add_argument("--nodes", type=int, default=20_000, help="nodes of search allowed for blocks")
    options = parser.parse_args()
    problem = None
    if options.problem:
        with open(options.problem, encoding="utf-8") as file:
            given = json.load(file)
        problem = PROBLEM({name: given[name] for name in ("variables", "rows", "weights") if name in given}, "problem")
        check_problem(problem)
    seen = set()
    for path in options.certificates:
        with open(path, encoding="utf-8") as file:
            for source in file if options.lines else [file.read()]:
                verdict, reason = verdict_of(source, problem, options.nodes)
                seen.add(verdict)
                print(f"{verdict}\t{reason}" if options.lines else f"{path}: {verdict}" + (f": {reason}" if reason else ""))
    sys.exit(1 if "refused" in seen else 3 if "not-checked" in seen else 0)


if __name__ == "__main__":
    main()
