// Entry point of a thread of the full encoding: answers one question at a time about the image it was given.
import { parentPort } from 'node:worker_threads';
import { failureOf } from '../threads/failure.js';
import { Control } from './control.js';
import { EncodedClass } from './encoded-class.js';
import { toNumbers } from './exact-logits.js';
import { LevelSearch } from './level-search.js';
import type { FromEncoder, ToEncoder } from './messages.js';
import { searchSmallMask } from './smallest-mask.js';

const port = parentPort!;
let encoded: EncodedClass;
let levels: LevelSearch;

port.on('message', (message: ToEncoder) => {
  let answer: FromEncoder;
  try {
    answer = answerTo(message);
  } catch (error) {
    answer = { kind: 'failed', failure: failureOf(error) };
  }
  port.postMessage(answer);
});

function answerTo(message: ToEncoder): FromEncoder {
  switch (message.kind) {
    case 'begin': {
      encoded = new EncodedClass(message.network, message.image, message.delta);
      levels = new LevelSearch(encoded);
      const { target, logits, input } = encoded;
      return { kind: 'begun', target, logits: toNumbers(logits), cells: input.cells };
    }
    case 'search': {
      const control = new Control(message.control);
      return { kind: 'found', mask: searchSmallMask(encoded, () => control.stopped) };
    }
    case 'level':
      return { kind: 'searched', result: levels.search(message.size, new Control(message.control)) };
    case 'logits':
      return {
        kind: 'logits',
        logits: toNumbers(encoded.exactLogits(message.mask)),
        holds: encoded.holdsExactly(message.mask),
      };
  }
}
