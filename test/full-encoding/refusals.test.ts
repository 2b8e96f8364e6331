// What the chain of layers takes, and what it refuses by name.
import test from 'ava';
import { layeredNetwork } from '../../dist/full-encoding/layered-network.js';
import { GraphBuilder } from '../support/graph-builder.js';
import type { Operation } from '../../dist/graph/graph.js';
import { Random } from '../support/random.js';

const random = new Random(1);

function network(between: (builder: GraphBuilder, hidden: string) => string) {
  const builder = new GraphBuilder();
  const x = builder.input([1, 4]);
  const hidden = builder.node({ op: 'dense' }, x, builder.constant(random.tensor([4, 3])));
  const value = between(builder, hidden);
  return builder.build(builder.node({ op: 'dense' }, value, builder.constant(random.tensor([3, 2]))));
}

const unary = (operation: Operation) => network((builder, hidden) => builder.node(operation, hidden));

test('operators beyond ReLU networks are named, with what is taken', (t) => {
  for (const operation of [{ op: 'tanh' }, { op: 'sigmoid' }, { op: 'leakyRelu', alpha: 0.1 }] as const)
    t.throws(() => layeredNetwork(unary(operation)), {
      code: 'UNSUPPORTED_OPERATOR',
      message: new RegExp(`is ${operation.op}\\. The method smug`),
    });
  t.is(layeredNetwork(unary({ op: 'relu' })).layers.length, 3);
});

test('a network that branches, and weights that are not numbers, are refused', (t) => {
  const residual = network((builder, hidden) =>
    builder.node({ op: 'add' }, hidden, builder.node({ op: 'relu' }, hidden)),
  );
  t.throws(() => layeredNetwork(residual), { code: 'UNSUPPORTED_MODEL', message: /branches at 'dense/ });
  const graph = unary({ op: 'relu' });
  [...graph.constants.values()][0].data[2] = NaN;
  t.throws(() => layeredNetwork(graph), { code: 'BAD_WEIGHTS' });
});
