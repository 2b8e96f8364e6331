// The sentences that people read before any number.
import test from 'ava';
import { inPlainWords, proofInWords } from '../../dist/reports/plain-words.js';
import type { Explanation } from '../../dist/explainers/explanation.js';

type Parts = { [Key in 'target' | 'mask' | 'certificate' | 'nodes' | 'parameters' | 'sufficiency']?: object };

const told = (parts: Parts = {}) => {
  const whole = {
    target: { index: 281, label: 'tabby', confidence: 0.731, ...parts.target },
    mask: { window: 8, size: 100, sparsity: 0.125, cells: new Uint8Array(784), ...parts.mask },
    certificate: { status: 'optimal', lowerBound: 100, ...parts.certificate },
    nodes: { constrained: 375, ...parts.nodes },
    parameters: { evidence: 'image', gamma: 0, blank: 'zero', ...parts.parameters },
    sufficiency: { blank: 'zero', classKept: true, before: 0.731, after: 0.55, ...parts.sufficiency },
  };
  return inPlainWords(whole as unknown as Explanation).join(' ');
};

test('what was read, what was kept, of what, how sure, and what stands for a hidden pixel', (t) => {
  t.is(
    told(),
    'The network reads this picture as tabby (73.1 %). 100 of its 784 cells of 8x8 pixels (12.5 % of it) keep what the ' +
      'picture tells the 375 first-layer nodes that matter most for that; no fewer do: proven. A hidden pixel is 0 after ' +
      'preprocessing. From these cells alone the network still reads the same class (55.0 %).',
  );
  t.regex(
    told({ parameters: { evidence: 'activation', gamma: 0.3, blank: 'blur' }, mask: { window: 1 } }),
    /784 pixels .* keep the 375 .* switched on, each at more than 0\.3 of its strength; .* is the picture blurred\./,
  );
});

test('a class that was asked for stands beside the one that was read (finding B10)', (t) => {
  const predicted = { index: 207, label: 'golden retriever', confidence: 0.9 };
  t.regex(
    told({ target: { confidence: 0.00002, predicted } }),
    /^The network reads this picture as golden retriever \(90\.0 %\); the question is what speaks for tabby \(0\.002 %\)\./,
  );
});

test('one cell of many is no 0.0 %, and a proof has one name (finding B10)', (t) => {
  t.regex(told({ mask: { size: 1, sparsity: 1 / 50_176 } }), /\(0\.002 % of it\)/);
  t.is(
    proofInWords({
      certificate: { status: 'feasible', lowerBound: 94, gap: 0.2 },
      mask: { size: 120 },
    } as unknown as Explanation),
    'not proven: at least 94 are needed, 120 are known to do',
  );
});

test('what the whole network makes of what is kept', (t) => {
  const sufficiency = { classKept: false, after: 0.017 };
  t.regex(
    told({ sufficiency }),
    /alone the network reads another class \(1\.7 % for this one\): what is proven is about its first layer\.$/,
  );
  t.regex(
    told({ sufficiency: { ...sufficiency, extended: { size: 376, after: 0.211 } } }),
    /first layer\. With 376 cells it reads the same class \(21\.1 %\)\.$/,
  );
  t.regex(
    told({ sufficiency: { ...sufficiency, extended: null } }),
    /Even the whole input is read as another class\.$/,
  );
  const predicted = { index: 207, label: 'golden retriever', confidence: 0.9 };
  t.regex(
    told({ target: { predicted }, sufficiency }),
    /From these cells alone the network gives 1\.7 % for it\.$/,
  );
  t.regex(
    told({
      target: { value: 0.8, relativeTo: 0.5, confidence: 0.3 },
      sufficiency: { classKept: false, after: -0.1 },
    }),
    /reads the other side \(0\.4 for this one\)/,
  );
});

test('nothing kept, and nothing to keep, say what that means', (t) => {
  t.regex(told({ mask: { size: 0 } }), /No part of it is needed .* biases do .*--evidence image/);
  t.regex(told({ nodes: { constrained: 0 } }), /does not rest on it\.$/);
  t.regex(
    told({ nodes: { selected: 0, constrained: 0 }, parameters: { evidence: 'activation' } }),
    /no node of the first layer that is switched on makes it more likely\.$/,
  );
  t.regex(
    told({ nodes: { constrained: 0 }, parameters: { evidence: 'activation' } }),
    /node of the first layer that would is switched off\.$/,
  );
});
