import test from 'ava';
import { float64, type Kernel, type Values } from '../../dist/engines/reference/kernel.js';
import { runBackward, runForward } from '../../dist/engines/reference/network.js';
import { kernels } from '../../dist/engines/reference/registry.js';
import type { Operation } from '../../dist/graph/graph.js';
import { attentionGraph } from '../support/attention-graphs.js';
import { outputShape } from '../support/graph-builder.js';
import { operationCases } from './operation-cases.js';
import { Random } from '../support/random.js';

const step = 1e-5;
/**
 * Central differences in float64 err by step²·F'''/6 ≈ 1e-10 and by rounding 1e-16·F/step ≈ 1e-10; both are
 * taken relative to gradients near 1. A kink closer than `step` to a value would show; the seeds have none.
 */
const tolerance = 1e-7;

function doubled(tensor: { data: ArrayLike<number>; shape: readonly number[] }): Values {
  return { data: Float64Array.from(tensor.data), shape: tensor.shape };
}

function inner(a: Values, b: Values): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += a.data[i] * b.data[i];
  return sum;
}

for (const { name, operation, operands, variable } of operationCases()) {
  test(`the gradient of ${name} equals central differences`, (t) => {
    const kernel = kernels[operation.op] as unknown as Kernel<Operation>;
    const inputs = operands.map(doubled);
    const shape = outputShape(
      operation,
      inputs.map((input) => input.shape),
    );
    const run = () => kernel.forward(operation, inputs, shape, float64);
    const output = run();
    const gradient = doubled(new Random(7).tensor(shape));
    const parts = kernel.backward({ operation, inputs, output, gradient, wanted: variable }, float64);
    inputs.forEach((input, which) => {
      if (!variable[which]) return;
      const part = parts[which]!;
      t.deepEqual([...part.shape], [...input.shape]);
      for (let i = 0; i < input.data.length; i++) {
        const kept = input.data[i];
        input.data[i] = kept + step;
        const above = inner(run(), gradient);
        input.data[i] = kept - step;
        const below = inner(run(), gradient);
        input.data[i] = kept;
        const difference = (above - below) / (2 * step);
        const error = Math.abs(difference - part.data[i]);
        if (error > tolerance * Math.max(1, Math.abs(difference))) {
          t.fail(`operand ${which}[${i}]: central difference ${difference}, gradient ${part.data[i]}`);
          return;
        }
      }
    });
  });
}

test('every operation has a case', (t) => {
  const covered = new Set(operationCases().map(({ operation }) => operation.op));
  t.deepEqual([...covered].sort() as string[], Object.keys(kernels).sort());
});

test('gradients of random networks equal differences along random directions', async (t) => {
  let compared = 0;
  for (let seed = 0; seed < 150; seed++) {
    const { graph, inputs, at, targets } = attentionGraph(seed);
    if (at !== graph.inputs[0]) continue;
    const shape = graph.shapes.get(at)!;
    const x = doubled({
      data: inputs[0].data.subarray(
        0,
        shape.reduce((a, b) => a * b, 1),
      ),
      shape,
    });
    const output = graph.outputs[0];
    const seedGradient = float64(graph.shapes.get(output)!);
    seedGradient.data[targets[0]] = 1;
    const found = await runForward(graph, [x], [output], float64);
    const gradient = await runBackward(graph, found, output, seedGradient, at, float64);
    const direction = doubled(new Random(seed).tensor(shape));
    const along = async (sign: number) => {
      const moved = { shape, data: x.data.map((value, i) => value + sign * step * direction.data[i]) };
      return (await runForward(graph, [moved], [output], float64)).get(output)!.data[targets[0]];
    };
    const [above, below] = [await along(1), await along(-1)];
    const middle = found.get(output)!.data[targets[0]];
    // Where the two one-sided differences disagree, a kink lies between: no derivative to compare with.
    const bend = Math.abs(above - 2 * middle + below) / step;
    const expected = inner(gradient, direction);
    const scale = Math.max(1, Math.abs(expected));
    if (bend > 1e-3 * scale) continue;
    compared++;
    t.true(Math.abs((above - below) / (2 * step) - expected) < 1e-3 * scale, `seed ${seed}`);
  }
  t.true(compared > 100, `only ${compared} networks without a kink`);
});
