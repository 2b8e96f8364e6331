// Real reviews, long and unlike what the model was trained on. All 994: npm run soak -- reviews.
import { readFileSync } from 'node:fs';
import { explainText, loadModel } from '../../dist/index.js';
import { sharedPath } from '../support/shared-data.js';
import { sharedData, testWith } from '../support/needs.js';

testWith(sharedData)(
  'beer reviews: every one proven, none empty, and the words alone keep the class',
  async (t) => {
    t.timeout(300_000);
    const reviews = readFileSync(sharedPath('text', 'beer-reviews.txt'), 'latin1')
      .split('\n')
      .filter(Boolean);
    t.is(reviews.length, 994);
    const model = await loadModel('builtin:reviews-cnn');
    for (let at = 0; at < reviews.length; at += 20) {
      const { certificate, mask, words, sufficiency, nodes } = await explainText(model, reviews[at]);
      t.is(certificate.status, 'optimal', `review ${at}`);
      t.true(mask.size > 0 && mask.size <= 30 && words.length >= mask.size, `review ${at}`);
      t.true(nodes.constrained > 0 && nodes.selected <= 100);
      t.true(sufficiency.classKept, `review ${at}`);
    }
    model.dispose();
  },
);
